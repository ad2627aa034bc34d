#include "core/retry_schedule.hpp"

#include <algorithm>

namespace volley {
namespace {

/// `start + span`, or the end of time: a caller may well say "never" with Duration::max().
Instant later(Instant start, Duration span) {
  return span < Instant::max() - start ? start + span : Instant::max();
}

}  // namespace

RetrySchedule::RetrySchedule(const RetryPolicy& policy, const Start& start)
    : policy_{&policy},
      timeout_{start.timeout},
      backoff_{std::min(start.first_wait, policy.cap)},
      first_send_{start.now},
      deadline_{later(start.now, start.timeout)} {}

Duration RetrySchedule::sent(Instant now, Random& jitter) {
  if (attempts_ == 0) {
    first_send_ = now;
    deadline_ = later(now, timeout_);
  } else {
    backoff_ = backoff_ < policy_->cap / 2 ? 2 * backoff_ : policy_->cap;
  }
  ++attempts_;
  return std::min(with_jitter(jitter), std::max(deadline_ - now, Duration::zero()));
}

bool RetrySchedule::gives_up(Instant now) const {
  if (now >= deadline_) return true;
  return policy_->max_attempts != 0 && attempts_ >= policy_->max_attempts;
}

Duration RetrySchedule::with_jitter(Random& jitter) const {
  const double wait =
      static_cast<double>(backoff_.count()) * (1.0 + policy_->jitter * jitter.unit());
  if (wait >= static_cast<double>(policy_->cap.count())) return policy_->cap;
  return std::max(backoff_, Duration{static_cast<Duration::rep>(wait)});
}

}  // namespace volley
