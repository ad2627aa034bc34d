#pragma once

#include <cstdint>
#include <optional>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "profile.hpp"

namespace volley::sim {

/// A request that a program wants to make.
struct Wish {
  std::optional<Duration> timeout{};  ///< Duration::max(): none.
  bool idempotent = false;
  std::uint32_t body = 0;  ///< Sizes.
  std::uint32_t result = 0;
  std::uint16_t status = 0;
};

/// What one client's program asks, and when.
class Workload {
 public:
  Workload(const Profile& profile, Random random);

  /// How many requests to make now.
  unsigned burst();
  /// How long to do something else then. Nothing if all requests were made.
  std::optional<Duration> pause();
  Wish wish();
  /// All requests were made.
  bool done() const { return left_ == 0; }
  /// One that cannot fail where all is well.
  static Wish plain_wish() { return {.body = 16, .result = 16}; }

 private:
  std::uint32_t size(std::uint32_t least);

  const Profile& profile_;
  Random random_;
  unsigned left_;
  Duration mean_pause_;
};

}  // namespace volley::sim
