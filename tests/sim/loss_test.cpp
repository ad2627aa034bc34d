#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

#include "profile.hpp"
#include "simulation.hpp"

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

struct Loss {
  double probability;  // Each way.
  unsigned attempts;   // Before the deadline.
  Duration deadline;   // Copies go out after 0, 100, 300, 700, 1,500 ms.
  unsigned requests;
};

std::ostream& operator<<(std::ostream& out, const Loss& loss) {
  return out << loss.probability * 100 << "%";
}

class LossArithmetic : public testing::TestWithParam<Loss> {};

/// A request fails if each of its attempts loses the copy or the reply.
TEST_P(LossArithmetic, FailsAsOftenAsItMust) {
  const Loss& loss = GetParam();
  Profile profile;
  profile.seed = 4'711;
  profile.faults = {Fault::kLoss};
  profile.loss = loss.probability;
  profile.delay = 1ms;
  profile.requests = loss.requests;
  // Seldom two at once: those that share datagrams share their luck.
  profile.trouble = 20 * loss.deadline * loss.requests;
  profile.policy.jitter = 0;
  profile.policy.adaptive = false;
  profile.policy.give_up = loss.deadline;

  const Report report = simulate(profile);
  ASSERT_FALSE(report.violation) << report.violation->story;
  const double requests = loss.requests;
  const double lost = 1 - std::pow(1 - loss.probability, 2);
  const double expected = std::pow(lost, loss.attempts);
  const double deviation = std::sqrt(expected * (1 - expected) / requests);
  const auto replies = static_cast<double>(report.tally.outcomes[0]);
  const double failed = (static_cast<double>(report.tally.requests) - replies) / requests;
  EXPECT_NEAR(failed, expected, 3 * deviation);
  EXPECT_GT(failed, 0);
}

INSTANTIATE_TEST_SUITE_P(EachWay, LossArithmetic,
                         testing::Values(Loss{0.01, 2, 250ms, 50'000}, Loss{0.1, 3, 600ms, 20'000},
                                         Loss{0.3, 5, 1'600ms, 20'000}));

}  // namespace
}  // namespace volley::sim
