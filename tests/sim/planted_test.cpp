#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "campaign.hpp"
#include "profile.hpp"

namespace volley::sim {
namespace {

/// What tries to break the promise must notice when it is broken.
class Planted : public testing::TestWithParam<Bug> {};

TEST_P(Planted, IsCaught) {
  const Outcomes outcomes =
      run({.start = 1, .seeds = 1'000'000, .time = std::chrono::seconds{60}, .bug = GetParam()});
  ASSERT_TRUE(outcomes.failing_seed) << outcomes.seeds << " seeds";
  fmt::print("caught after {} seeds, {:.2f} s: {}: {}\n", outcomes.seeds, outcomes.seconds,
             outcomes.failure.violation->oracle, outcomes.failure.violation->story);
  EXPECT_NE(outcomes.failure.violation->oracle, "crash");
}

INSTANTIATE_TEST_SUITE_P(
    Bug, Planted,
    testing::Values(Bug::kAddressInKey, Bug::kBaseFreedOnReply, Bug::kContextFreedEarly,
                    Bug::kProbeNoTombstone, Bug::kRefusedRunsLater, Bug::kCopiesTooLate,
                    Bug::kRestampAlways, Bug::kStaleEpochBelieved, Bug::kReplyByPlace,
                    Bug::kRunsMisrouted, Bug::kTicketWithoutAddress, Bug::kTicketTooLong,
                    Bug::kNeverBelievedLate, Bug::kStartResets, Bug::kClockSleeps),
    [](const testing::TestParamInfo<Bug>& bug) { return std::string{to_string(bug.param)}; });

}  // namespace
}  // namespace volley::sim
