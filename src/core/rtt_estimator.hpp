#pragma once

#include <optional>

#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

/// The smoothed round trip to one destination, and the wait for an answer that follows from it (RFC
/// 6298).
///
/// One for all requests to the destination, whatever their sockets. Pure arithmetic; one thread.
class RttEstimator {
 public:
  explicit RttEstimator(const RetryPolicy& policy);

  /// Adds one measured round trip, from a send to its answer. Where an answer does not tell which
  /// of a request's sends it answers, only of requests that were sent once (Karn's rule). Requires
  /// rtt >= 0.
  void sample(Duration rtt);

  /// The other half of Karn's rule (RFC 6298 §5.5 to §5.7): a request was answered only after it
  /// had been sent again, and this was its backed-off wait. New requests wait as long, but no more
  /// than twice as long as they did, until a clean sample comes: else a path slower than the
  /// estimate would never give one.
  void backed_off(Duration wait);

  /// How long to wait for the answer to a first send: first_wait before anything is known; within
  /// [floor, cap] after. Always first_wait if the policy is not adaptive.
  Duration timeout() const;

  /// How long after it was sent a datagram is taken for lost, if a later one was answered: RFC 9002
  /// §6.1.2, 9/8 of a round trip. Requires a sample.
  Duration time_threshold() const;

  /// The smoothed round trip, once there is a sample.
  std::optional<Duration> smoothed() const;

 private:
  struct Estimate {
    Duration smoothed;
    Duration variation;
    Duration latest;
  };

  RetryPolicy policy_;
  std::optional<Estimate> estimate_;
  Duration backed_off_{};
};

}  // namespace volley
