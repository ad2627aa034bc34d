#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "cuts.hpp"
#include "profile.hpp"
#include "simulation.hpp"

namespace volley::sim {

/// Many seeds, one after the other, until one breaks a promise or the time is over.
struct Campaign {
  std::uint64_t start = 1;
  std::uint64_t seeds = 2'000;
  std::chrono::steady_clock::duration time = std::chrono::hours{24};
  Bug bug = Bug::kNone;  ///< Planted meanwhile; with scenarios in which it shows.
  Judged judged = Judged::kAll;
  Cuts cuts{};
};

/// How a campaign went.
struct Outcomes {
  std::uint64_t seeds = 0;  ///< Run, the failing one included.
  std::optional<std::uint64_t> failing_seed{};
  Report failure{};
  Tally tally{};
  std::uint64_t datagrams = 0;
  Duration simulated{};
  double seconds = 0;            ///< Real ones.
  double processor_seconds = 0;  ///< Of them, those that this program had a processor.
  std::uint64_t hash = 0;
};

/// The scenario that a campaign makes of a seed.
Profile profile_of(const Campaign& campaign, std::uint64_t seed);

Outcomes run(const Campaign& campaign);

}  // namespace volley::sim
