#include "world.hpp"

#include <algorithm>

namespace volley::sim {

void World::at(Instant when, Actor& actor, std::uint64_t token) {
  heap_.push_back({std::max(when, now_), order_++, &actor, token});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool World::step() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Event event = heap_.back();
  heap_.pop_back();
  now_ = event.when;
  ++events_;
  event.actor->wake(event.token);
  return true;
}

}  // namespace volley::sim
