#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "base/check.hpp"
#include "core/retry_schedule.hpp"
#include "core/slot_queue.hpp"
#include "core/timer_queue.hpp"

namespace volley {

// A table's RequestId is its slot, and which of the slot's requests it was; the default one names
// none.

/// Which of the table's slots the request has: below the table's capacity, and its own while it is
/// in flight.
constexpr std::uint32_t slot_of(RequestId id) {
  return static_cast<std::uint32_t>(std::to_underlying(id));
}

/// The requests in flight, a fixed number at most: of each its retry schedule, its body, its one
/// timer, its place in the queue of what is due to be sent, and the `Details` that a protocol adds.
///
/// Slots and timers are allocated when made; a slot's body grows to the largest it held and keeps
/// that, so a steady flow allocates nothing. One thread.
template <class Details>
class PendingTable {
 public:
  struct Entry {
    RetrySchedule schedule;
    std::vector<std::byte> body;
    Details details{};
  };

  explicit PendingTable(std::size_t capacity)
      : capacity_{capacity}, slots_(capacity), timers_{capacity}, due_{capacity} {
    free_.reserve(capacity);
    // Popped from the end, so the first slots are used most and the last may never need a body.
    for (std::size_t slot = capacity; slot-- > 0;) free_.push_back(static_cast<Slot>(slot));
  }

  std::size_t size() const { return capacity_ - free_.size(); }
  bool full() const { return free_.empty(); }

  /// Takes a request in, copying its body, due to be sent. Requires !full().
  RequestId add(const RetrySchedule& schedule, Bytes body) {
    VOLLEY_CHECK(!full());
    const Slot slot = free_.back();
    free_.pop_back();
    Place& place = slots_[slot];
    place.busy = true;
    place.entry.schedule = schedule;
    place.entry.body.assign(body.begin(), body.end());
    place.entry.details = {};
    due_.push(slot);
    timers_.set(slot, schedule.deadline());
    return id_of(slot);
  }

  /// The request, valid until it is removed; nullptr if it is in flight no more.
  Entry* find(RequestId id) {
    const Slot slot = slot_of(id);
    if (slot >= capacity_ || !slots_[slot].busy || id_of(slot) != id) return nullptr;
    return &slots_[slot].entry;
  }

  /// Ends a request, with its timer and its place in the queue. Requires that it is in flight.
  void remove(RequestId id) {
    VOLLEY_CHECK(find(id) != nullptr);
    const Slot slot = slot_of(id);
    timers_.erase(slot);
    due_.erase(slot);
    slots_[slot].busy = false;
    ++slots_[slot].generation;
    free_.push_back(slot);
  }

  /// Has the request sent, once those queued before it are. Its timer goes to the deadline: if
  /// nothing can be sent until then, it ends.
  void queue(RequestId id) {
    VOLLEY_CHECK(find(id) != nullptr);
    due_.push(slot_of(id));
    timers_.set(slot_of(id), slots_[slot_of(id)].entry.schedule.deadline());
  }

  /// The request to send next.
  std::optional<RequestId> next_queued() const { return to_id(due_.front()); }

  /// Takes a request out of the queue; it acts next at `timer`. Requires that it is in flight.
  void wait(RequestId id, Instant timer) {
    VOLLEY_CHECK(find(id) != nullptr);
    due_.erase(slot_of(id));
    timers_.set(slot_of(id), timer);
  }

  /// When pop_due() has something to give.
  std::optional<Instant> next_timer() const { return timers_.next(); }
  /// A request whose timer is due, and which now has none.
  std::optional<RequestId> pop_due(Instant now) { return to_id(timers_.pop_due(now)); }

  /// Calls `visit(id, entry)` for every request in flight; it may remove that one.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].busy) visit(id_of(slot), slots_[slot].entry);
    }
  }

 private:
  using Slot = std::uint32_t;
  struct Place {
    Entry entry;
    std::uint32_t generation = 1;  // From 1, so that RequestId{} is nobody's.
    bool busy = false;
  };

  RequestId id_of(Slot slot) const {
    return RequestId{std::uint64_t{slots_[slot].generation} << 32U | slot};
  }
  std::optional<RequestId> to_id(std::optional<Slot> slot) const {
    if (!slot) return std::nullopt;
    return id_of(*slot);
  }

  std::size_t capacity_;
  std::vector<Place> slots_;
  std::vector<Slot> free_;
  TimerQueue timers_;
  SlotQueue due_;
};

}  // namespace volley
