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
    while (lowest_ != next_ && ring_[lowest_ & mask_] == kNoSlot) ++lowest_;
    return lowest_;
  }
  bool all_finished() const { return lowest_unfinished() == next_; }
  bool used_up() const { return next_ > std::to_underlying(kLastSequence); }

  /// Whether give() may be called so often: the window and the numbers have an end.
  bool can_give(std::uint32_t count = 1) { return limit_ - next_ >= count || raise_limit(count); }
  /// The next number, for the request in this slot. Requires can_give().
  Sequence give(Slot slot) {
    VOLLEY_CHECK(next_ != limit_);
    ring_[next_ & mask_] = slot;
    return Sequence{next_++};
  }

  /// Whose number it is; kNoSlot if it is finished or was never given.
  Slot find(Sequence sequence) const {
    const std::uint32_t number = std::to_underlying(sequence);
    return number - lowest_ < next_ - lowest_ ? ring_[number & mask_] : kNoSlot;
  }

  /// Requires that it is given and not finished.
  void finish(Sequence sequence) { ring_[std::to_underlying(sequence) & mask_] = kNoSlot; }

 private:
  bool raise_limit(std::uint32_t count);
  void grow();

  ClientId id_;
  mutable std::uint32_t lowest_;  // L, or below: it is looked up when it is asked for.
  std::uint32_t next_;
  std::uint32_t limit_;  // None from here on may be given before raise_limit() looked again.
  std::uint32_t mask_;   // The ring's size, a power of two, less 1.
  std::vector<Slot> ring_;
};

}  // namespace volley
