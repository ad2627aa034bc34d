#pragma once

#include <volley/time.hpp>

namespace volley {

/// The time since boot, suspended time included (CLOCK_BOOTTIME). Any thread.
Instant now() noexcept;

}  // namespace volley
