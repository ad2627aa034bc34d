#include "core/rtt_estimator.hpp"

#include <algorithm>
#include <chrono>

#include "base/check.hpp"

namespace volley {
namespace {

/// RFC 6298's G, the clock's granularity: here what a busy machine adds to a round trip that never
/// varies.
constexpr Duration kGranularity = std::chrono::milliseconds{1};

}  // namespace

RttEstimator::RttEstimator(const RetryPolicy& policy) : policy_{policy} {}

void RttEstimator::sample(Duration rtt) {
  VOLLEY_CHECK(rtt >= Duration::zero());
  backed_off_ = Duration::zero();
  if (!estimate_) {
    estimate_ = Estimate{.smoothed = rtt, .variation = rtt / 2, .latest = rtt};
    return;
  }
  // RFC 6298 §2.3: beta = 1/4, alpha = 1/8, the variation first, by the old mean.
  auto& [smoothed, variation, latest] = *estimate_;
  latest = rtt;
  variation += (std::chrono::abs(smoothed - rtt) - variation) / 4;
  smoothed += (rtt - smoothed) / 8;
}

void RttEstimator::backed_off(Duration wait) {
  // One unlucky request among many may have waited very long: it alone must not slow the rest down.
  backed_off_ = std::max(backed_off_, std::min({wait, 2 * timeout(), policy_.cap}));
}

Duration RttEstimator::timeout() const {
  if (!policy_.adaptive) return policy_.first_wait;
  if (!estimate_) return std::max(policy_.first_wait, backed_off_);
  const Duration wait = estimate_->smoothed + std::max(4 * estimate_->variation, kGranularity);
  return std::max(std::clamp(wait, policy_.floor, policy_.cap), backed_off_);
}

Duration RttEstimator::time_threshold() const {
  VOLLEY_CHECK(estimate_.has_value());
  const Duration longer = std::max(estimate_->smoothed, estimate_->latest);
  return std::max(longer + longer / 8, kGranularity);
}

std::optional<Duration> RttEstimator::smoothed() const {
  if (!estimate_) return std::nullopt;
  return estimate_->smoothed;
}

}  // namespace volley
