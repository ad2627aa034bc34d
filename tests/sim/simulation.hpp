#pragma once

#include <cstdint>
#include <optional>

#include <volley/time.hpp>

#include "books.hpp"
#include "profile.hpp"
#include "verdict.hpp"

namespace volley::sim {

/// How one run went.
struct Report {
  std::optional<Violation> violation{};
  std::uint64_t hash = 0;  ///< Of every datagram, event and time.
  Tally tally{};
  std::uint64_t datagrams = 0;
  std::uint64_t events = 0;
  Duration simulated{};
};

/// Runs a scenario from its first moment to its end, or to the first broken promise.
Report simulate(const Profile& profile, bool printing = false);

}  // namespace volley::sim
