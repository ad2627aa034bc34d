#pragma once

#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

/// `start + span`, or the end of time: a caller may well say "never" with Duration::max().
constexpr Instant later(Instant start, Duration span) {
  return span < Instant::max() - start ? start + span : Instant::max();
}

/// When one request is sent again, and when it is given up: waits that double from the first to the
/// policy's cap, under a hard deadline. Pure arithmetic; a value of 32 bytes, which leaves the
/// policy to its owner.
class RetrySchedule {
 public:
  /// Of no request.
  RetrySchedule() = default;

  /// Of one that is made now and ends so long after, whether it is sent or not.
  RetrySchedule(Instant now, Duration timeout) : start_{now}, deadline_{later(now, timeout)} {}
  /// The same where another's was, whose attempts and waits are left there.
  void begin(Instant now, Instant deadline) {
    start_ = now;
    deadline_ = deadline;
  }

  /// Counts the timeout from now instead.
  void postpone(Instant now);

  /// Records a send and begins its wait: `first_wait`, as the destination's RttEstimator has it, or
  /// twice the last.
  void sent(const RetryPolicy& policy, Duration first_wait, Instant now) {
    if (attempts_ == 0) return sent_first(first_backoff(policy, first_wait), now);
    backoff_ = backoff_ < policy.cap / 2 ? 2 * backoff_ : policy.cap;
    ++attempts_;
  }
  /// The same for the first send, after which the backoff is what first_backoff() gives.
  void sent_first(Duration backoff, Instant now) {
    start_ = now;
    backoff_ = backoff;
    attempts_ = 1;
  }
  static Duration first_backoff(const RetryPolicy& policy, Duration first_wait) {
    return first_wait < policy.cap ? first_wait : policy.cap;
  }

  /// Records a send that no end of a wait caused: its own wait is as long as the last.
  void sent_early() { ++attempts_; }

  /// The wait after the last send: the backoff, longer by a random part of itself, up to the cap.
  /// `draw` is in [0, 1). It may pass the deadline.
  Duration wait(const RetryPolicy& policy, double draw) const;

  /// Whether nothing is left to try at the end of a wait: the deadline is over, or the attempts are
  /// used up.
  bool gives_up(const RetryPolicy& policy, Instant now) const;

  unsigned attempts() const { return attempts_; }
  Instant deadline() const { return deadline_; }
  /// When it was first sent; before that, when it was made.
  Instant start() const { return start_; }
  /// Counts its age from now instead.
  void restart(Instant now) { start_ = now; }
  /// The doubled wait now in force, before jitter: what RttEstimator::backed_off() wants.
  Duration backoff() const { return backoff_; }

 private:
  Instant start_;
  Instant deadline_;
  Duration backoff_{};
  unsigned attempts_ = 0;
};

}  // namespace volley
