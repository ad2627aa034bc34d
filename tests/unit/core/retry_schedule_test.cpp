#include "core/retry_schedule.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Story {
  std::vector<Duration> sends;  // After the start.
  Duration gave_up{};
};

/// Plays a request that nobody answers.
Story play(const RetryPolicy& policy, std::uint64_t seed = 1) {
  const Instant start{1h};
  Instant now = start;
  Random jitter{seed};
  RetrySchedule schedule{now, policy.give_up};
  Story story;
  while (!schedule.gives_up(policy, now) && story.sends.size() < 10'000) {
    story.sends.push_back(now - start);
    schedule.sent(policy, policy.first_wait, now);
    now += std::min(schedule.wait(policy, jitter.unit()), schedule.deadline() - now);
  }
  EXPECT_EQ(story.sends.size(), schedule.attempts());
  story.gave_up = now - start;
  return story;
}

RetryPolicy without_jitter(RetryPolicy policy) {
  policy.jitter = 0;
  return policy;
}

TEST(RetrySchedule, WaitsTheChaptersWaitsThenGivesUp) {
  const Story story = play(without_jitter(kLocalPolicy));
  EXPECT_THAT(story.sends, ElementsAre(0ms, 100ms, 300ms, 700ms, 1500ms));
  EXPECT_EQ(story.gave_up, 3100ms);
}

TEST(RetrySchedule, OnTheInternetWaitsLongerAndIsCutOffByTheDeadline) {
  const Story story = play(without_jitter(kInternetPolicy));
  EXPECT_THAT(story.sends, ElementsAre(0s, 1s, 3s, 7s, 15s));
  EXPECT_EQ(story.gave_up, 30s);
}

TEST(RetrySchedule, RepeatsTheCapOnceItIsReached) {
  const Story story = play({.first_wait = 100ms,
                            .floor = 1ms,
                            .cap = 300ms,
                            .give_up = 1500ms,
                            .max_attempts = 0,
                            .jitter = 0,
                            .adaptive = false});
  EXPECT_THAT(story.sends, ElementsAre(0ms, 100ms, 300ms, 600ms, 900ms, 1200ms));
  EXPECT_EQ(story.gave_up, 1500ms);
}

TEST(RetrySchedule, GivesTheLastAttemptItsWholeWait) {
  RetryPolicy policy = without_jitter(kLocalPolicy);
  policy.max_attempts = 3;
  const Story story = play(policy);
  EXPECT_THAT(story.sends, ElementsAre(0ms, 100ms, 300ms));
  EXPECT_EQ(story.gave_up, 700ms);
}

TEST(RetrySchedule, CapsAFirstWaitThatIsLonger) {
  RetryPolicy policy = without_jitter(kLocalPolicy);
  policy.first_wait = 3s;
  EXPECT_THAT(play(policy).sends, ElementsAre(0s, 2s));
}

TEST(RetrySchedule, JitterOnlyLengthensAndNeverPassesItsBoundTheCapOrTheDeadline) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Story story = play(kLocalPolicy, seed);
    ASSERT_EQ(story.gave_up, 3100ms);
    Duration bare = 100ms;
    for (std::size_t i = 1; i < story.sends.size(); ++i, bare *= 2) {
      const Duration wait = story.sends[i] - story.sends[i - 1];
      ASSERT_GE(wait, bare);
      ASSERT_LE(wait, std::min(bare + bare / 4, kLocalPolicy.cap));
    }
  }
  EXPECT_NE(play(kLocalPolicy, 1).sends, play(kLocalPolicy, 2).sends);
  EXPECT_EQ(play(kLocalPolicy, 1).sends, play(kLocalPolicy, 1).sends);
}

TEST(RetrySchedule, KeepsTheDeadlineItWasMadeWithUnlessItIsPostponed) {
  const RetryPolicy policy = without_jitter(kLocalPolicy);
  const Instant made{1h};
  RetrySchedule schedule{made, 50ms};
  EXPECT_EQ(schedule.deadline(), made + 50ms) << "a request that is never sent ends too";
  RetrySchedule postponed = schedule;
  postponed.postpone(made + 40ms);
  EXPECT_EQ(postponed.deadline(), made + 90ms);

  schedule.sent(policy, 100ms, made + 40ms);
  EXPECT_EQ(schedule.start(), made + 40ms);
  EXPECT_EQ(schedule.deadline(), made + 50ms);
  EXPECT_FALSE(schedule.gives_up(policy, made + 50ms - 1ns));
  EXPECT_TRUE(schedule.gives_up(policy, made + 50ms));
  EXPECT_EQ(schedule.wait(policy, 0), 100ms) << "what the path is given, whatever time is left";
}

TEST(RetrySchedule, ASendThatNoWaitsEndCausedNeitherDoublesNorResetsIt) {
  const RetryPolicy policy = without_jitter(kLocalPolicy);
  RetrySchedule schedule{Instant{1h}, 3s};
  schedule.sent(policy, 100ms, Instant{1h});
  schedule.sent(policy, 100ms, Instant{1h} + 100ms);
  schedule.sent_early();
  EXPECT_EQ(schedule.backoff(), 200ms);
  EXPECT_EQ(schedule.attempts(), 3U);
  schedule.sent(policy, 100ms, Instant{1h} + 400ms);
  EXPECT_EQ(schedule.backoff(), 400ms);
  EXPECT_EQ(schedule.start(), Instant{1h}) << "the age counts from the first send";
}

TEST(RetrySchedule, AnEndlessTimeoutDoesNotOverflow) {
  RetryPolicy policy = kLocalPolicy;
  policy.cap = Duration::max();
  policy.give_up = Duration::max();
  Random jitter{1};
  Instant now{1h};
  RetrySchedule schedule{now, policy.give_up};
  schedule.postpone(Instant{2h});
  EXPECT_EQ(schedule.deadline(), Instant::max());
  Duration last{};
  for (int i = 0; i < 100 && !schedule.gives_up(policy, now); ++i) {
    schedule.sent(policy, 100ms, now);
    const Duration wait = schedule.wait(policy, jitter.unit());
    ASSERT_GT(wait, Duration::zero());
    last = wait;
    now = later(now, wait);
  }
  EXPECT_TRUE(schedule.gives_up(policy, now));
  EXPECT_EQ(now, Instant::max());
  EXPECT_GT(last, 24h);
}

}  // namespace
}  // namespace volley
