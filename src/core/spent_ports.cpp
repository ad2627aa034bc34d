#include "core/spent_ports.hpp"

#include <volley/options.hpp>

namespace volley {

void SpentPorts::add(std::uint16_t port, Instant now) {
  if (contains(port, now)) return;
  spent_.set(port);
  entries_.push_back({port, now + RawLimits::kSpentHold});
}

bool SpentPorts::contains(std::uint16_t port, Instant now) {
  forget_old(now);
  return spent_.test(port);
}

bool SpentPorts::full(Instant now) {
  forget_old(now);
  return entries_.size() >= RawLimits::kSpentPorts;
}

void SpentPorts::forget_old(Instant now) {
  for (; !entries_.empty() && entries_.front().until <= now; entries_.pop_front()) {
    spent_.reset(entries_.front().port);
  }
}

}  // namespace volley
