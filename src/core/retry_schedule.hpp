#pragma once

#include <volley/options.hpp>
#include <volley/time.hpp>

#include "base/random.hpp"

namespace volley {

/// When one request is sent again, and when it is given up: waits that double from the first to the
/// policy's cap, under a hard deadline. Pure arithmetic; a value of 48 bytes.
class RetrySchedule {
 public:
  struct Start {
    Duration first_wait;  ///< What the destination's RttEstimator says.
    Duration timeout;     ///< From the first send to the deadline.
    Instant now;
  };

  /// Of no request.
  RetrySchedule() = default;

  /// Before the first send the deadline counts from `start.now`, so that a request which never gets
  /// its turn to be sent ends too. Borrows the policy.
  RetrySchedule(const RetryPolicy& policy, const Start& start);

  /// Records a send and returns the wait that begins with it. Never past the deadline: 0 once that
  /// is over.
  Duration sent(Instant now, Random& jitter);

  /// Whether nothing is left to try at the end of a wait: the deadline is over, or the attempts are
  /// used up.
  bool gives_up(Instant now) const;

  unsigned attempts() const { return attempts_; }
  Instant deadline() const { return deadline_; }
  /// When it was first sent; before that, when it was made.
  Instant first_send() const { return first_send_; }
  /// The doubled wait now in force, before jitter and deadline: what RttEstimator::backed_off()
  /// wants.
  Duration backoff() const { return backoff_; }

 private:
  Duration with_jitter(Random& jitter) const;

  const RetryPolicy* policy_ = nullptr;
  Duration timeout_{};
  Duration backoff_{};
  Instant first_send_;
  Instant deadline_;
  unsigned attempts_ = 0;
};

}  // namespace volley
