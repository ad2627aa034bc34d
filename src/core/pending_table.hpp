#pragma once

#include <cstddef>
#include <cstdint>
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
/// none. The slot of one that has ended is no other's until it is released, so that whoever is told
/// of the end late finds what is his there.
///
/// Entries are allocated when made, bodies as BodyStore says: a steady flow allocates nothing. One
/// thread.
template <class Entry>
class PendingTable {
  static_assert(std::is_trivially_destructible_v<Entry>);

 public:
  explicit PendingTable(std::size_t capacity)
      : entries_(capacity),
        generations_(capacity),
        bodies_{capacity},
        free_(capacity),
        free_count_{capacity} {
    VOLLEY_CHECK(capacity < kNoSlot);
    // Taken from the end, so the first slots are used most and the last may never be touched.
    for (std::size_t slot = 0; slot < capacity; ++slot) {
      free_[capacity - 1 - slot] = static_cast<Slot>(slot);
    }
  }

  std::size_t size() const { return entries_.size() - room(); }
  /// How many more there could be in flight.
  std::size_t room() const { return free_count_ + ended_; }
  bool full() const { return free_count_ == 0; }

  /// Takes a request in, whose body is elsewhere; its entry is that of some request before, for the
  /// caller to write. Requires !full().
  Slot make() {
    VOLLEY_CHECK(!full());
    const Slot slot = free_[--free_count_];
    ++generations_[slot];
    return slot;
  }
  /// The same with a fresh entry, copying its body.
  Slot add(Bytes body) {
    const Slot slot = make();
    entries_[slot] = Entry{};
    put_body(slot, body);
    return slot;
  }
  /// Copies a request's body. Once.
  void put_body(Slot slot, Bytes body) { bodies_.put(slot, body); }

  /// Ends a request. Requires that it is in flight.
  void end(Slot slot) {
    bodies_.drop(slot);
    end_in_turn(slot);
    ++ended_;
  }
  /// Gives the slot of a request that has ended to others. Once.
  void release(Slot slot) {
    free_[free_count_++] = slot;
    --ended_;
  }

  // Many that end one after the other, of which each is told of and released before the next: what
  // is counted is counted for all of them.

  void begin_ending() { ++ended_; }
  /// Ends a request whose body was never copied. Requires that it is in flight.
  void end_in_turn(Slot slot) {
    VOLLEY_CHECK(in_flight(slot));
    ++generations_[slot];
  }
  void release_in_turn(Slot slot) { free_[free_count_++] = slot; }
  void done_ending() { --ended_; }
  /// The one that ended last stays until it is released.
  void keep_ended() { ++ended_; }

  /// The id that the request of a slot had, which has ended and was not released.
  RequestId ended_id(Slot slot) const {
    return RequestId{std::uint64_t{generations_[slot] - 1} << 32U | slot};
  }
  /// The request's slot; kNoSlot if it is in flight no more.
  Slot find(RequestId id) const {
    const auto slot = static_cast<Slot>(std::to_underlying(id));
    const bool found = slot < generations_.size() && in_flight(slot) && id_of(slot) == id;
    return found ? slot : kNoSlot;
  }
  /// The request's that is in flight in a slot.
  RequestId id_of(Slot slot) const {
    return RequestId{std::uint64_t{generations_[slot]} << 32U | slot};
  }

  // Of a slot whose request is in flight, or has ended and was not released; of a body, if it was
  // copied.

  Entry& operator[](Slot slot) { return entries_[slot]; }
  const Entry& operator[](Slot slot) const { return entries_[slot]; }
  MutableBytes body(Slot slot) { return bodies_.at(slot); }
  std::size_t body_size(Slot slot) const { return bodies_.size(slot); }

  /// Calls `visit(slot)` for every request in flight; it may end that one.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot slot = 0; slot < generations_.size(); ++slot) {
      if (in_flight(slot)) visit(slot);
    }
  }

 private:
  bool in_flight(Slot slot) const { return generations_[slot] % 2 != 0; }

  std::vector<Entry> entries_;
  // Apart from the entries, so that an entry can be one cache line. Odd while a request is in
  // flight, so RequestId{} is nobody's.
  std::vector<std::uint32_t> generations_;
  BodyStore bodies_;
  std::vector<Slot> free_;
  std::size_t free_count_;
  std::size_t ended_ = 0;  // And not released.
};

}  // namespace volley
