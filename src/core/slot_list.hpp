#pragma once

#include <cstdint>

namespace volley {

/// Names an item of a table.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

/// Where an item stands in the one SlotList it may be in: its member `links`.
struct SlotLinks {
  Slot before = kNoSlot;
  Slot after = kNoSlot;
};

/// First in, first out, of a table's items, any of which may leave early. The list is linked
/// through the items themselves, so it needs no memory and an item is in one list at most. Which
/// one, and whether in any, the owner knows. `table[slot]` gives the item.
class SlotList {
 public:
  bool empty() const { return first_ == kNoSlot; }
  /// The one that has waited longest, or kNoSlot.
  Slot front() const { return first_; }

  /// Requires that the item is in no list.
  template <class Table>
  void push_back(Table& table, Slot slot) {
    table[slot].links = {.before = last_, .after = kNoSlot};
    (last_ == kNoSlot ? first_ : table[last_].links.after) = slot;
    last_ = slot;
  }

  /// Moves the first items of another list to the end of this one, up to and with `last`. They stay
  /// linked as they are. Requires that `last` is in the other list.
  template <class Table>
  void take_front(Table& table, SlotList& other, Slot last) {
    const Slot left = table[last].links.after;
    (last_ == kNoSlot ? first_ : table[last_].links.after) = other.first_;
    table[other.first_].links.before = last_;
    table[last].links.after = kNoSlot;
    last_ = last;
    (left == kNoSlot ? other.last_ : table[left].links.before) = kNoSlot;
    other.first_ = left;
  }

  /// The same with all of them.
  template <class Table>
  void take_all(Table& table, SlotList& other) {
    if (!other.empty()) take_front(table, other, other.last_);
  }

  /// Requires that the item is in this list.
  template <class Table>
  void erase(Table& table, Slot slot) {
    const SlotLinks links = table[slot].links;
    (links.before == kNoSlot ? first_ : table[links.before].links.after) = links.after;
    (links.after == kNoSlot ? last_ : table[links.after].links.before) = links.before;
  }

 private:
  Slot first_ = kNoSlot;
  Slot last_ = kNoSlot;
};

}  // namespace volley
