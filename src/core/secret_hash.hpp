#pragma once

#include <cstdint>

#include "base/random.hpp"

namespace volley {

/// Scatters numbers that others choose, by a secret that they do not know.
struct SecretHash {
  std::uint64_t secret = 0;

  std::uint64_t operator()(std::uint64_t number) const {
    return mix_bits(mix_bits(number ^ secret) + secret);
  }
};

}  // namespace volley
