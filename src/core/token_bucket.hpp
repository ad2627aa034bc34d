#pragma once

#include <algorithm>
#include <cstdint>

#include <volley/time.hpp>

namespace volley {

/// Lets through one in every `interval` over time, and up to `burst` at once after quiet.
class TokenBucket {
 public:
  TokenBucket(Duration interval, std::uint32_t burst)
      : interval_{interval}, tolerance_{interval * burst} {}

  /// Whether there is a token. If so, takes it.
  bool take(Instant now) {
    const Instant next = std::max(spent_until_, now) + interval_;
    if (next - now > tolerance_) return false;
    spent_until_ = next;
    return true;
  }

 private:
  Duration interval_;
  Duration tolerance_;
  Instant spent_until_{};  // As far as the tokens taken reach, one after the other.
};

}  // namespace volley
