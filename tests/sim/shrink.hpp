#pragma once

#include "cuts.hpp"
#include "profile.hpp"
#include "simulation.hpp"

namespace volley::sim {

/// A failing scenario, made smaller.
struct Shrunk {
  Cuts cuts;
  Report report;
};

/// Leaves out of a failing scenario what it does not need to break the same promise: requests,
/// clients, kinds of faults, time. Runs it `most_runs` times at most.
Shrunk shrink(const Profile& profile, const Report& failed, unsigned most_runs);

}  // namespace volley::sim
