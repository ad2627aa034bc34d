#include "core/timer_queue.hpp"

#include "base/check.hpp"

namespace volley {

TimerQueue::TimerQueue(std::size_t slots) : position_(slots, kAbsent) {
  VOLLEY_CHECK(slots < kAbsent);
  heap_.reserve(slots);
}

void TimerQueue::set(Slot slot, Instant when) {
  VOLLEY_CHECK(slot < position_.size());
  const Timer timer{.when = when, .slot = slot};
  if (position_[slot] == kAbsent) {
    heap_.push_back(timer);
    rise(heap_.size() - 1, timer);
  } else if (when < heap_[position_[slot]].when) {
    rise(position_[slot], timer);
  } else {
    sink(position_[slot], timer);
  }
}

void TimerQueue::erase(Slot slot) {
  VOLLEY_CHECK(slot < position_.size());
  const std::size_t hole = position_[slot];
  if (hole == kAbsent) return;
  position_[slot] = kAbsent;
  const Timer last = heap_.back();
  heap_.pop_back();
  // The last timer fills the hole. It may belong further up than the hole: it came from another
  // branch.
  if (hole < heap_.size()) {
    if (hole > 0 && last.when < heap_[(hole - 1) / 2].when) {
      rise(hole, last);
    } else {
      sink(hole, last);
    }
  }
}

std::optional<Instant> TimerQueue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::optional<TimerQueue::Slot> TimerQueue::pop_due(Instant now) {
  if (heap_.empty() || heap_.front().when > now) return std::nullopt;
  const Slot slot = heap_.front().slot;
  erase(slot);
  return slot;
}

void TimerQueue::place(std::size_t position, const Timer& timer) {
  heap_[position] = timer;
  position_[timer.slot] = static_cast<std::uint32_t>(position);
}

void TimerQueue::rise(std::size_t position, const Timer& timer) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (heap_[parent].when <= timer.when) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, timer);
}

void TimerQueue::sink(std::size_t position, const Timer& timer) {
  while (2 * position + 1 < heap_.size()) {
    std::size_t child = 2 * position + 1;
    if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
    if (timer.when <= heap_[child].when) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, timer);
}

}  // namespace volley
