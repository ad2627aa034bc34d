#include "campaign.hpp"

#include <ctime>

#include "base/random.hpp"

namespace volley::sim {
namespace {

/// Plants a bug for as long as it lives.
class Planting {
 public:
  explicit Planting(Bug bug) { planted_bug = bug; }
  Planting(const Planting&) = delete;
  Planting& operator=(const Planting&) = delete;
  ~Planting() { planted_bug = Bug::kNone; }
};

void add(Outcomes& outcomes, const Report& report) {
  outcomes.tally.requests += report.tally.requests;
  outcomes.tally.executions += report.tally.executions;
  for (std::size_t i = 0; i < report.tally.outcomes.size(); ++i) {
    outcomes.tally.outcomes[i] += report.tally.outcomes[i];
  }
  outcomes.datagrams += report.datagrams;
  outcomes.simulated += report.simulated;
  outcomes.hash = mix_bits(outcomes.hash ^ report.hash);
}

}  // namespace

Profile profile_of(const Campaign& campaign, std::uint64_t seed) {
  Profile profile =
      campaign.bug == Bug::kNone ? draw_profile(seed) : draw_profile_for(campaign.bug, seed);
  profile.judged = campaign.judged;
  // A base that bits moved up is a base for ever, and whoever waits below it waits for ever.
  if (campaign.judged == Judged::kSurvival) profile.endless = 0;
  apply(campaign.cuts, profile);
  return profile;
}

Outcomes run(const Campaign& campaign) {
  const Planting planting{campaign.bug};
  const auto began = std::chrono::steady_clock::now();
  const std::clock_t began_running = std::clock();
  Outcomes outcomes;
  while (outcomes.seeds < campaign.seeds && !outcomes.failing_seed) {
    const std::uint64_t seed = campaign.start + outcomes.seeds++;
    const Report report = simulate(profile_of(campaign, seed));
    add(outcomes, report);
    if (report.violation) {
      outcomes.failing_seed = seed;
      outcomes.failure = report;
    }
    const auto spent = std::chrono::steady_clock::now() - began;
    outcomes.seconds = std::chrono::duration<double>{spent}.count();
    outcomes.processor_seconds = static_cast<double>(std::clock() - began_running) / CLOCKS_PER_SEC;
    if (spent > campaign.time) break;
  }
  return outcomes;
}

}  // namespace volley::sim
