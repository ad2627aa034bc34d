#include "core/retry_schedule.hpp"

#include <algorithm>

namespace volley {

void RetrySchedule::postpone(Instant now) {
  deadline_ = later(now, deadline_ - start_);
  start_ = now;
}

Duration RetrySchedule::wait(const RetryPolicy& policy, double draw) const {
  const double wait = static_cast<double>(backoff_.count()) * (1.0 + policy.jitter * draw);
  if (wait >= static_cast<double>(policy.cap.count())) return policy.cap;
  return std::max(backoff_, Duration{static_cast<Duration::rep>(wait)});
}

bool RetrySchedule::gives_up(const RetryPolicy& policy, Instant now) const {
  if (now >= deadline_) return true;
  return policy.max_attempts != 0 && attempts_ >= policy.max_attempts;
}

}  // namespace volley
