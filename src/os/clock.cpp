#include <time.h>

#include <volley/clock.hpp>

namespace volley {

Instant now() noexcept {
  timespec time{};
  // CLOCK_MONOTONIC stands still in suspend; a resumed laptop must see that its deadlines have
  // passed.
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

}  // namespace volley
