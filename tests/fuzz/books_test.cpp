#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "core/planted.hpp"
#include "mutate.hpp"
#include "sim/check_failed.hpp"
#include "sim/profile.hpp"
#include "target.hpp"

namespace volley {

void PrintTo(const Bug& bug, std::ostream* out) {
  *out << sim::to_string(bug);
}

namespace fuzz {
namespace {

/// Tries what the fuzz test tries, and more of it, with a bug in the core. Where a check of the
/// core's own ends it, that will do.
void try_with(Bug bug) {
  planted_bug = bug;
  constexpr std::uint64_t kInputs = 20'000;
  try {
    try_many(kInputs, 1);
  } catch (const sim::CheckFailed& failed) {
    broken(failed.what());
  }
}

/// Proves that a target's books would show it: what they never find wrong, nobody would miss.
class Planted : public testing::TestWithParam<Bug> {};

TEST_P(Planted, IsFound) {
  EXPECT_DEATH(try_with(GetParam()), "broken: ");
}

/// Else the tests above would prove nothing.
TEST(Unplanted, BreaksNothing) {
  try_with(Bug::kNone);
}

std::vector<Bug> bugs() {
  if (kTarget == "server") {
    return {Bug::kAddressInKey,         Bug::kBaseFreedOnReply, Bug::kContextFreedEarly,
            Bug::kProbeNoTombstone,     Bug::kRefusedRunsLater, Bug::kReplyByPlace,
            Bug::kTicketWithoutAddress, Bug::kTicketTooLong,    Bug::kRunsMisrouted};
  }
  return {Bug::kCopiesTooLate, Bug::kRestampAlways, Bug::kStaleEpochBelieved,
          Bug::kNeverBelievedLate, Bug::kStartResets};
}

INSTANTIATE_TEST_SUITE_P(Bug, Planted, testing::ValuesIn(bugs()),
                         [](const testing::TestParamInfo<Bug>& bug) {
                           return std::string{sim::to_string(bug.param)};
                         });

}  // namespace
}  // namespace fuzz
}  // namespace volley
