#include <time.h>

#include <volley/clock.hpp>

namespace volley {
namespace {

std::chrono::nanoseconds from_timespec(const timespec& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

Instant now() noexcept {
  timespec time{};
  // CLOCK_MONOTONIC stands still in suspend; a resumed laptop must see that its deadlines have
  // passed.
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant{from_timespec(time)};
}

Duration clock_tick() noexcept {
  timespec time{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &time);
  return from_timespec(time);
}

}  // namespace volley
