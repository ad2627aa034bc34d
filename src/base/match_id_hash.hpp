#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/matcher.hpp>

#include "base/random.hpp"

namespace volley {

/// Hashes request IDs under a seed of one's own: IDs may be another's choice.
struct MatchIdHash {
  std::uint64_t seed = 0;

  std::size_t operator()(const MatchId& id) const {
    return mix_bits(mix_bits(id.low ^ seed) + id.high);
  }
};

}  // namespace volley
