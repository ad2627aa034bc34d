#pragma once

#include <cstdint>

namespace volley {

/// How often this program has allocated with operator new.
std::uint64_t allocation_count();

}  // namespace volley
