#include <fmt/format.h>
#include <gtest/gtest.h>

#include "campaign.hpp"
#include "profile.hpp"
#include "simulation.hpp"

namespace volley::sim {
namespace {

std::string story(const Outcomes& outcomes) {
  if (!outcomes.failing_seed) return "";
  return fmt::format("seed {}: {}: {}\nreplay: sweep --seed {} --trace", *outcomes.failing_seed,
                     outcomes.failure.violation->oracle, outcomes.failure.violation->story,
                     *outcomes.failing_seed);
}

double simulated_seconds(const Outcomes& outcomes) {
  return std::chrono::duration<double>{outcomes.simulated}.count();
}

TEST(Simulation, KeepsEveryPromiseInTwoThousandScenarios) {
  const Outcomes outcomes = run({.start = 1, .seeds = 2'000});
  ASSERT_FALSE(outcomes.failing_seed) << story(outcomes);
  const double per_second =
      static_cast<double>(outcomes.tally.requests) / outcomes.processor_seconds;
  const double speed = simulated_seconds(outcomes) / outcomes.seconds;
  fmt::print("{} requests, {:.0f} a second of processor time, {:.0f} times faster than real time\n",
             outcomes.tally.requests, per_second, speed);
  EXPECT_GE(outcomes.tally.requests, 1'000'000U);
  EXPECT_GE(speed, 1'000);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_GE(per_second, 200'000);
#endif
  // A run in which nothing goes wrong tests nothing.
  for (const std::uint64_t count : outcomes.tally.outcomes) EXPECT_GE(count, 1'000U);
}

TEST(Simulation, GivesTheSameTraceForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Profile profile = draw_profile(seed);
    const Report once = simulate(profile);
    const Report again = simulate(profile);
    EXPECT_EQ(once.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(once.datagrams, again.datagrams) << "seed " << seed;
    EXPECT_NE(once.hash, simulate(draw_profile(seed + 1)).hash) << "seed " << seed;
  }
}

/// protocol.md §5.7: a request that does not end holds the lowest unfinished number, and those more
/// than 65,535 above it have to wait.
TEST(Simulation, KeepsToTheWindowWhenARequestDoesNotEnd) {
  using namespace std::chrono_literals;
  Profile profile;
  profile.seed = 3;
  profile.faults = {Fault::kMuteHandlers, Fault::kLoss};
  profile.trouble = 100s;
  profile.delay = 1ms;
  profile.loss = 0.01;
  profile.requests = 300'000;
  profile.burst = 1'000;
  profile.window = 4'096;
  profile.policy.give_up = 40s;
  profile.mute = 0.00001;
  const Report report = simulate(profile);
  ASSERT_FALSE(report.violation) << report.violation->oracle << ": " << report.violation->story;
  EXPECT_GT(report.tally.requests, 200'000U);
  EXPECT_LT(report.tally.outcomes[0], report.tally.requests);
}

TEST(Simulation, SurvivesDamageThatTheChecksumMissed) {
  const Outcomes outcomes = run({.start = 1, .seeds = 200, .judged = Judged::kSurvival});
  EXPECT_FALSE(outcomes.failing_seed) << story(outcomes);
}

}  // namespace
}  // namespace volley::sim
