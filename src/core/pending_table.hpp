#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "core/body_store.hpp"
#include "core/slot_list.hpp"

namespace volley {

/// The requests in flight, a fixed number at most: of each the `Entry` that a protocol keeps, and
/// its body. A RequestId is a slot, and which of the slot's requests it was; the default one names
/// none.
///
/// Entries are allocated when made, bodies as BodyStore says: a steady flow allocates nothing. One
/// thread.
template <class Entry>
class PendingTable {
  static_assert(std::is_trivially_destructible_v<Entry>);

 public:
  explicit PendingTable(std::size_t capacity)
      : entries_(capacity), places_(capacity), bodies_{capacity} {
    VOLLEY_CHECK(capacity < kNoSlot);
    free_.reserve(capacity);
    // Popped from the end, so the first slots are used most and the last may never be touched.
    for (std::size_t slot = capacity; slot-- > 0;) free_.push_back(static_cast<Slot>(slot));
  }

  std::size_t size() const { return entries_.size() - free_.size(); }
  bool full() const { return free_.empty(); }

  /// Takes a request in, copying its body; its entry is a fresh one. Requires !full().
  Slot add(Bytes body) {
    VOLLEY_CHECK(!full());
    const Slot slot = free_.back();
    free_.pop_back();
    new (&entries_[slot]) Entry;  // In place: an assignment would copy one from the stack.
    bodies_.put(slot, body);
    places_[slot].busy = true;
    return slot;
  }

  /// Ends a request. Requires that it is in flight.
  void remove(Slot slot) {
    VOLLEY_CHECK(places_[slot].busy);
    bodies_.drop(slot);
    places_[slot].busy = false;
    if (++places_[slot].generation == 0) places_[slot].generation = 1;
    free_.push_back(slot);
  }

  /// The request's slot; kNoSlot if it is in flight no more.
  Slot find(RequestId id) const {
    const auto slot = static_cast<Slot>(std::to_underlying(id));
    const bool found = slot < places_.size() && places_[slot].busy && id_of(slot) == id;
    return found ? slot : kNoSlot;
  }

  // Of a slot whose request is in flight.

  RequestId id_of(Slot slot) const {
    return RequestId{std::uint64_t{places_[slot].generation} << 32U | slot};
  }
  Entry& operator[](Slot slot) { return entries_[slot]; }
  const Entry& operator[](Slot slot) const { return entries_[slot]; }
  MutableBytes body(Slot slot) { return bodies_.at(slot); }

  /// Calls `visit(slot)` for every request in flight; it may remove that one.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot slot = 0; slot < places_.size(); ++slot) {
      if (places_[slot].busy) visit(slot);
    }
  }

 private:
  // Apart from the entries, so that an entry can be one cache line.
  struct Place {
    std::uint32_t generation = 1;  // From 1, so that RequestId{} is nobody's.
    bool busy = false;
  };

  std::vector<Entry> entries_;
  std::vector<Place> places_;
  BodyStore bodies_;
  std::vector<Slot> free_;
};

}  // namespace volley
