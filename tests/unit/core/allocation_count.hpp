#pragma once

#include <cstddef>
#include <cstdint>

namespace volley {

/// How often this program has allocated with operator new.
std::uint64_t allocation_count();

/// Bytes that it has allocated so and not given back.
std::size_t allocated_bytes();

}  // namespace volley
