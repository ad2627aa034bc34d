#pragma once

#include <algorithm>
#include <cstdint>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "core/planted.hpp"
#include "host_clock.hpp"
#include "profile.hpp"

namespace volley::sim {

/// A computer: it has a clock, and it may sleep.
class Machine {
 public:
  Machine(const Profile& profile, Random random)
      : clock_{Instant{std::chrono::hours{2'000 + random.below(1'000)}},
               profile.faults.has(Fault::kClockRate) ? skew(random) : 0} {}

  const HostClock& clock() const { return clock_; }

  void suspend(Instant now, Duration length) {
    const Instant asleep = std::max(awake_, now);
    sleep(now, length);
    if (planted(Bug::kClockSleeps)) clock_.stand_still(std::max(awake_, asleep) - asleep);
  }
  /// It is merely busy with something else: its clock goes on, whatever is planted.
  void sleep(Instant now, Duration length) { awake_ = std::max(awake_, now + length); }
  bool asleep(Instant now) const { return now < awake_; }
  Instant awake() const { return awake_; }

 private:
  /// Two clocks differ by less than 1 in 1,000 (protocol.md §1.3 A1).
  static std::int64_t skew(Random& random) {
    constexpr std::int64_t kMost = 495;
    return static_cast<std::int64_t>(random.below(2 * kMost + 1)) - kMost;
  }

  HostClock clock_;
  Instant awake_{};
};

}  // namespace volley::sim
