#pragma once

#include <chrono>

namespace volley {

/// The clock of every timer here. It has no now(): the core is told the time, and only now() of
/// clock.hpp makes an Instant. It counts while the machine is suspended (CLOCK_BOOTTIME).
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

/// A length of time, in nanoseconds.
using Duration = Clock::duration;

/// A moment, as time since boot.
using Instant = Clock::time_point;

/// The time of day, UTC, as the kernel stamps arriving datagrams.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

}  // namespace volley
