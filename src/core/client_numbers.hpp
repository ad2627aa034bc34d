#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "core/slot_list.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// The numbers given out under one client_id, and which request has each of those that are not
/// finished: protocol.md §5.10 and §3.2. One thread.
///
/// Numbers are found through a ring from the lowest unfinished to the highest given: no hash, and
/// four bytes each. It grows with that distance, up to the window of 65,536.
class ClientNumbers {
 public:
  /// A fresh client_id whose first number this is: 1, but in tests. `expected` numbers fit without
  /// growing, and as many more, so that the limit is not raised for each.
  ClientNumbers(ClientId id, Sequence first, std::size_t expected);

  ClientId id() const { return id_; }
  /// L: every number below is finished.
  std::uint32_t lowest_unfinished() const {
    std::uint32_t lowest = lowest_;
    while (lowest != next_ && ring_[lowest & mask_] == kNoSlot) ++lowest;
    return lowest_ = lowest;
  }
  bool all_finished() const { return lowest_unfinished() == next_; }
  bool used_up() const { return next_ > std::to_underlying(kLastSequence); }

  /// Whether give() may be called: the window and the numbers have an end.
  bool can_give() { return next_ != limit_ || raise_limit(); }
  /// How many may be given before it has to be asked again.
  std::size_t left() const { return limit_ - next_; }
  /// The number that is given next.
  std::uint32_t next() const { return next_; }
  /// Gives it to the request in this slot. Requires can_give().
  Sequence give(Slot slot) {
    VOLLEY_CHECK(next_ != limit_);
    ring_[next_ & mask_] = slot;
    return Sequence{next_++};
  }
  /// So many of those given are sent, in their order.
  void send(std::uint32_t count) { sent_ += count; }
  /// Whose number it is that was given and not sent.
  Slot unsent(Sequence sequence) const { return ring_[std::to_underlying(sequence) & mask_]; }
  /// Those that were given and not sent are nobody's, and will be given again.
  void take_back() {
    while (next_ != sent_) ring_[--next_ & mask_] = kNoSlot;
  }

  /// Whose number it is; kNoSlot if it is finished or was never sent.
  Slot find(Sequence sequence) const {
    const std::uint32_t number = std::to_underlying(sequence);
    return number - lowest_ < sent_ - lowest_ ? ring_[number & mask_] : kNoSlot;
  }

  /// Requires that it was sent and is not finished.
  void finish(Sequence sequence) { ring_[std::to_underlying(sequence) & mask_] = kNoSlot; }

 private:
  bool raise_limit();
  void grow();

  ClientId id_;
  mutable std::uint32_t lowest_;  // L, or below: it is looked up when it is asked for.
  std::uint32_t sent_;            // None from here on was sent,
  std::uint32_t next_;            // or, from here on, given.
  std::uint32_t limit_;  // None from here on may be given before raise_limit() looked again.
  std::uint32_t mask_;   // The ring's size, a power of two, less 1.
  std::vector<Slot> ring_;
};

}  // namespace volley
