#pragma once

#include <cstdint>

#include "base/check.hpp"

namespace volley {

/// Spreads every bit of `value` over all 64: the output step of SplitMix64 (Steele, Lea, Flood
/// 2014).
constexpr std::uint64_t mix_bits(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

/// SplitMix64: the same seed gives the same numbers, everywhere. For jitter, simulated loss and
/// tests. Anyone can predict it: keys and request IDs come from the system's entropy instead.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_{seed} {}

  constexpr std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mix_bits(state_);
  }

  /// In [0, 1), every multiple of 2^-53 equally likely.
  constexpr double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  /// In [0, bound), each equally likely. Requires bound > 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    VOLLEY_CHECK(bound > 0);
    // The first 2^64 mod bound numbers would make small remainders likelier than the rest: draw
    // again.
    const std::uint64_t excess = (0 - bound) % bound;
    std::uint64_t drawn = next();
    while (drawn < excess) drawn = next();
    return drawn % bound;
  }

 private:
  std::uint64_t state_;
};

}  // namespace volley
