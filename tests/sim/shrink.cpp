#include "shrink.hpp"

#include <chrono>
#include <vector>

namespace volley::sim {
namespace {

/// What may be cut next, the largest first.
std::vector<Cuts> further(const Profile& profile, const Cuts& cuts) {
  Profile now = profile;
  apply(cuts, now);
  std::vector<Cuts> next;
  const auto half = [&](std::optional<unsigned> Cuts::* knob, unsigned value) {
    if (value < 2) return;
    Cuts cut = cuts;
    cut.*knob = value / 2;
    next.push_back(cut);
  };
  half(&Cuts::requests, now.requests);
  half(&Cuts::clients, now.clients);
  half(&Cuts::workers, now.workers);
  half(&Cuts::burst, now.burst);
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (!now.faults.has(fault)) continue;
    Cuts cut = cuts;
    cut.without.put(fault);
    next.push_back(cut);
  }
  half(&Cuts::trouble_ms, static_cast<unsigned>(now.trouble / std::chrono::milliseconds{1}));
  return next;
}

}  // namespace

Shrunk shrink(const Profile& profile, const Report& failed, unsigned most_runs) {
  Shrunk best{.cuts = {}, .report = failed};
  unsigned runs = 0;
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (const Cuts& cuts : further(profile, best.cuts)) {
      if (runs++ >= most_runs) return best;
      Profile cut = profile;
      apply(cuts, cut);
      const Report report = simulate(cut);
      if (!report.violation || report.violation->oracle != failed.violation->oracle) continue;
      best = {.cuts = cuts, .report = report};
      smaller = true;
      break;
    }
  }
  return best;
}

}  // namespace volley::sim
