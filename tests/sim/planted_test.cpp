#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "campaign.hpp"
#include "profile.hpp"

namespace volley {

void PrintTo(const Bug& bug, std::ostream* out) {
  *out << sim::to_string(bug);
}

namespace sim {
namespace {

/// Each breaks what users are promised, and not only how it is kept.
class Planted : public testing::TestWithParam<Bug> {};

TEST_P(Planted, IsCaught) {
  const Outcomes outcomes = run({.start = 1,
                                 .seeds = 1'000'000,
                                 .time = std::chrono::seconds{60},
                                 .bug = GetParam(),
                                 .judged = Judged::kPromise});
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
}  // namespace sim
}  // namespace volley
