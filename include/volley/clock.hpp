#pragma once

#include <volley/time.hpp>

namespace volley {

/// The time since boot, suspended time included (CLOCK_BOOTTIME). Any thread.
Instant now() noexcept;

/// The grain of the kernel's coarse timers: 1 to 10 ms. Any thread.
Duration clock_tick() noexcept;

}  // namespace volley
