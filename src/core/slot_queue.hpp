#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace volley {

/// First in, first out, of slots, each in it at most once, any of which may leave early: a linked
/// list in an array. Allocates when made and never after.
class SlotQueue {
 public:
  using Slot = std::uint32_t;

  explicit SlotQueue(std::size_t slots);

  /// Puts the slot at the end; where it already waits, it keeps its place.
  void push(Slot slot);
  /// Takes the slot out, if it is in.
  void erase(Slot slot);
  /// The slot that has waited longest.
  std::optional<Slot> front() const;

 private:
  struct Link {
    Slot before;
    Slot after;
  };

  // The list is a circle through one more link than there are slots: the end that is also the
  // beginning. A slot that is not in the queue is a circle of its own.
  Slot end() const { return static_cast<Slot>(links_.size() - 1); }

  std::vector<Link> links_;
};

}  // namespace volley
