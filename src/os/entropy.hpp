#pragma once

#include <cstdint>

#include <volley/bytes.hpp>

namespace volley::os {

/// Fills `out` from the kernel's generator: for IDs that nobody may guess, and for seeds.
void fill_random(MutableBytes out);

std::uint64_t random_u64();

}  // namespace volley::os
