#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <volley/server_core.hpp>
#include <volley/time.hpp>

#include "base/check.hpp"
#include "core/block_store.hpp"
#include "core/lazy_array.hpp"
#include "core/slot_list.hpp"

namespace volley {

struct Context;

/// One handler that runs, and where its answer goes.
struct Running {
  Instant started{};           ///< When its REQUEST was read.
  std::uint32_t number = 0;    ///< Under its client_id.
  Context* context = nullptr;  ///< None for an idempotent request.
  Block page = kNoBlock;       ///< Kept: has room for its reply. None for an idempotent request.
  Slot route = kNoSlot;        ///< Held: of the latest copy or PROBE.
  std::uint32_t arrival = 0;   ///< Which datagram that came in.
  std::uint16_t allowed = 0;   ///< Octets of the one datagram that may answer; 0: no limit (§6.3).
  std::uint8_t attempt = 0;    ///< The latest.
  std::uint8_t turn = 0;       ///< Of the header that brought it, for a bare answer.
};

/// The handlers that run, a fixed number at most, each with an ExecutionId that is never used
/// again. Those that have not been said to be WORKING wait in order of arrival. Allocates when made
/// and never after; one thread.
class RunningTable {
 public:
  explicit RunningTable(std::size_t capacity) : capacity_{capacity}, slots_{capacity} {}

  std::size_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }

  /// The id that the next to be added will have. Requires !full().
  ExecutionId next_id() {
    if (slot_in(next_) == kNoSlot) {
      slots_.make(fresh_, {});
      offer(fresh_++);
    }
    return ExecutionId{next_};
  }
  /// Uses that id up, though nobody was added. Requires next_id().
  void skip_id() { next_ += kGeneration; }

  /// Adds the handler that was told next_id().
  Slot add(const Running& handler) {
    const Slot slot = slot_in(next_);
    Place& place = slots_[slot];
    place.id = ExecutionId{next_};
    skip_id();
    offer(place.links.after);
    place.running = handler;
    place.busy = true;
    place.silent = true;
    silent_.push_back(slots_, slot);
    ++size_;
    return slot;
  }

  ExecutionId id_of(Slot slot) const { return slots_[slot].id; }
  /// Requires that it runs: everyone ends what he was given, once.
  Slot slot_of(ExecutionId id) const {
    const Slot slot = slot_in(std::to_underlying(id));
    VOLLEY_CHECK(slot < fresh_ && slots_[slot].busy && id_of(slot) == id);
    return slot;
  }
  Running& at(Slot slot) { return slots_[slot].running; }

  void remove(Slot slot) {
    Place& place = slots_[slot];
    if (place.silent) silent_.erase(slots_, slot);
    place.busy = false;
    place.links.after = slot_in(next_);
    offer(slot);
    --size_;
  }

  /// The one of which nobody was told for the longest time, or kNoSlot.
  Slot longest_silent() const { return silent_.front(); }
  /// Requires that it is the longest silent.
  void tell(Slot slot) {
    silent_.erase(slots_, slot);
    slots_[slot].silent = false;
  }

 private:
  struct Place {
    Running running{};
    SlotLinks links{};  // Of the silent, or of the free.
    ExecutionId id{};
    bool busy = false;
    bool silent = false;  // Nobody was told that it runs.
  };

  // An id counts all that were given in its upper half, and has its slot in the lower one: plus
  // one, so that no id is 0 and 0 is no slot.
  static constexpr std::uint64_t kGeneration = std::uint64_t{1} << 32U;
  static Slot slot_in(std::uint64_t id) { return static_cast<Slot>(id) - 1; }
  void offer(Slot slot) { next_ = next_ / kGeneration * kGeneration + std::uint32_t{slot + 1}; }

  std::size_t capacity_;
  std::size_t size_ = 0;
  LazyArray<Place> slots_;
  Slot fresh_ = 0;          // From here on no slot was ever used.
  std::uint64_t next_ = 0;  // The next id, if the first of the free slots is in it.
  SlotList silent_;
};

}  // namespace volley
