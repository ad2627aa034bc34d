#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "lane_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// The sceptic's server answers every attempt after 150 ms, and the first wait is 100 ms: so the
// answer to a first attempt arrives when a second is under way, whose own answer comes when
// everyone has moved on.

/// Does not learn that the server is slow, and so provokes a late answer with every request.
RetryPolicy unlearning() {
  RetryPolicy policy = kLocalPolicy;
  policy.adaptive = false;
  return policy;
}

void expect_all_answered_and_none_wrong(LaneWorld::Options options) {
  for (options.seed = 1; options.seed <= 5; ++options.seed) {
    SCOPED_TRACE("seed " + std::to_string(options.seed));
    const LaneWorld::Tally tally = LaneWorld{options}.run();
    EXPECT_EQ(tally.wrong, 0U);
    EXPECT_EQ(tally.answered, options.requests);
  }
}

TEST(LateAnswers, InARowWithoutAMatcherNoneIsTakenForAnothers) {
  expect_all_answered_and_none_wrong({});
  expect_all_answered_and_none_wrong({.policy = unlearning()});
}

TEST(LateAnswers, InARowWithAMatcherNoneIsTakenForAnothers) {
  expect_all_answered_and_none_wrong({.matcher = true});
  expect_all_answered_and_none_wrong({.policy = unlearning(), .matcher = true});
}

TEST(LateAnswers, ManyInFlightWithoutAMatcherNoneIsTakenForAnothers) {
  expect_all_answered_and_none_wrong({.in_flight = 64});
  expect_all_answered_and_none_wrong({.in_flight = 64, .policy = unlearning()});
}

TEST(LateAnswers, ManyInFlightWithAMatcherNoneIsTakenForAnothers) {
  expect_all_answered_and_none_wrong({.in_flight = 64, .matcher = true});
  expect_all_answered_and_none_wrong({.in_flight = 64, .policy = unlearning(), .matcher = true});
}

TEST(LateAnswers, APoolThatReusesSpentSocketsIsDeceived) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LaneWorld::Options options{.seed = seed, .policy = unlearning(), .heed_spent = false};
    EXPECT_GT(LaneWorld{options}.run().wrong, 0U);
    options.in_flight = 64;
    EXPECT_GT(LaneWorld{options}.run().wrong, 0U);
  }
}

TEST(LateAnswers, ASlowServerIsLearnedOnceForAllSocketsAndThenAskedOnce) {
  const LaneWorld::Tally tally = LaneWorld{{}}.run();
  // Only the first request is sent twice: its backed-off wait lets the second give a clean sample,
  // and the timeout stays above the round trip from there on. So two sockets do for a thousand
  // requests.
  EXPECT_EQ(tally.attempts, 1'001U);
  EXPECT_EQ(tally.lanes, 2U);
}

TEST(LateAnswers, LossAndDelaysOfEverySizeDeceiveNobody) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LaneWorld::Options options{.seed = seed,
                               .requests = 500,
                               .in_flight = 1 + seed % 32,
                               .policy = seed % 2 == 0 ? kLocalPolicy : unlearning(),
                               .delay = 1ms,
                               .delay_spread = 400ms,
                               .loss = 0.3};
    EXPECT_EQ(LaneWorld{options}.run().wrong, 0U) << "without a matcher";
    options.matcher = true;
    options.duplicate = 0.2;
    EXPECT_EQ(LaneWorld{options}.run().wrong, 0U) << "with a matcher";
  }
}

}  // namespace
}  // namespace volley
