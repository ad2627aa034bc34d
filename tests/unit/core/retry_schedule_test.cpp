#include "core/retry_schedule.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

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
  RetrySchedule schedule{policy,
                         {.first_wait = policy.first_wait, .timeout = policy.give_up, .now = now}};
  Story story;
  while (!schedule.gives_up(now) && story.sends.size() < 10'000) {
    story.sends.push_back(now - start);
    now += schedule.sent(now, jitter);
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

TEST(RetrySchedule, CountsTheDeadlineFromTheFirstSend) {
  const RetryPolicy policy = without_jitter(kLocalPolicy);
  Random jitter{1};
  const Instant made{1h};
  RetrySchedule schedule{policy, {.first_wait = 100ms, .timeout = 50ms, .now = made}};
  EXPECT_EQ(schedule.deadline(), made + 50ms) << "a request that is never sent ends too";
  EXPECT_EQ(schedule.sent(made + 40ms, jitter), 50ms) << "no wait passes the deadline";
  EXPECT_EQ(schedule.deadline(), made + 90ms);
  EXPECT_FALSE(schedule.gives_up(made + 90ms - 1ns));
  EXPECT_TRUE(schedule.gives_up(made + 90ms));
  EXPECT_EQ(schedule.backoff(), 100ms) << "what the path was given, not what was left of the time";
}

TEST(RetrySchedule, AnEndlessTimeoutDoesNotOverflow) {
  RetryPolicy policy = kLocalPolicy;
  policy.cap = Duration::max();
  policy.give_up = Duration::max();
  Random jitter{1};
  Instant now{1h};
  RetrySchedule schedule{policy, {.first_wait = 100ms, .timeout = policy.give_up, .now = now}};
  Duration last{};
  for (int i = 0; i < 100 && !schedule.gives_up(now); ++i) {
    const Duration wait = schedule.sent(now, jitter);
    ASSERT_GT(wait, Duration::zero());
    last = wait;
    now += wait;
  }
  EXPECT_TRUE(schedule.gives_up(now));
  EXPECT_EQ(now, Instant::max());
  EXPECT_GT(last, 24h);
}

}  // namespace
}  // namespace volley
