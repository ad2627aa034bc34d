#include "core/slot_queue.hpp"

#include "base/check.hpp"

namespace volley {

SlotQueue::SlotQueue(std::size_t slots) : links_(slots + 1) {
  VOLLEY_CHECK(slots < UINT32_MAX);
  for (Slot slot = 0; slot <= end(); ++slot) links_[slot] = {.before = slot, .after = slot};
}

void SlotQueue::push(Slot slot) {
  VOLLEY_CHECK(slot < end());
  if (links_[slot].after != slot) return;
  const Slot last = links_[end()].before;
  links_[slot] = {.before = last, .after = end()};
  links_[last].after = slot;
  links_[end()].before = slot;
}

void SlotQueue::erase(Slot slot) {
  VOLLEY_CHECK(slot < end());
  const auto [before, after] = links_[slot];
  links_[before].after = after;
  links_[after].before = before;
  links_[slot] = {.before = slot, .after = slot};
}

std::optional<SlotQueue::Slot> SlotQueue::front() const {
  const Slot first = links_[end()].after;
  if (first == end()) return std::nullopt;
  return first;
}

}  // namespace volley
