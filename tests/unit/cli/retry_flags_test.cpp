#include "cli/retry_flags.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

RetryPolicy policy(const char* backoff, std::optional<std::uint64_t> tries = {},
                   std::optional<Duration> timeout = {}) {
  RetryFlags flags{.backoff = {}, .tries = tries};
  if (backoff != nullptr) flags.backoff = *parse_backoff(backoff);
  return read_policy(flags, timeout, kLocalPolicy);
}

TEST(RetryFlags, LeaveTheDestinationsPolicyAloneWhenNothingIsAsked) {
  const RetryPolicy read = policy(nullptr);
  EXPECT_EQ(read.first_wait, kLocalPolicy.first_wait);
  EXPECT_EQ(read.give_up, kLocalPolicy.give_up);
  EXPECT_EQ(read.max_attempts, 0U);
  EXPECT_EQ(read.jitter, kLocalPolicy.jitter);
  EXPECT_TRUE(read.adaptive);
}

TEST(RetryFlags, WaitExactlyTheBackoffThatIsAsked) {
  const RetryPolicy read = policy("100ms..2s");
  EXPECT_EQ(read.first_wait, 100ms);
  EXPECT_EQ(read.cap, 2s);
  EXPECT_EQ(read.jitter, 0);
  EXPECT_FALSE(read.adaptive);
  EXPECT_EQ(read.max_attempts, 5U) << "0.1, 0.2, 0.4, 0.8, 1.6";
  EXPECT_GE(read.give_up, 3100ms);
}

TEST(RetryFlags, CountTheDoublingsUpToTheLongestWait) {
  EXPECT_EQ(policy("1s..1s").max_attempts, 1U);
  EXPECT_EQ(policy("1s..1999ms").max_attempts, 1U);
  EXPECT_EQ(policy("1s..2s").max_attempts, 2U);
  EXPECT_EQ(policy("1s..4s").max_attempts, 3U);
  EXPECT_EQ(policy("1ns..8760h").max_attempts, 55U);
}

TEST(RetryFlags, RepeatTheLongestWaitUntilSoManySends) {
  const RetryPolicy read = policy("100ms..200ms", 10);
  EXPECT_EQ(read.max_attempts, 10U);
  EXPECT_EQ(read.cap, 200ms);
  EXPECT_GE(read.give_up, 1900ms) << "all ten waits fit";
}

TEST(RetryFlags, RepeatTheLongestWaitUntilTheTimeout) {
  const RetryPolicy read = policy("100ms..200ms", {}, 5s);
  EXPECT_EQ(read.max_attempts, 0U);
  EXPECT_EQ(read.give_up, 5s);
}

TEST(RetryFlags, LetTriesAloneHaveAllTheTimeTheyNeed) {
  const RetryPolicy read = policy(nullptr, 8);
  EXPECT_EQ(read.max_attempts, 8U);
  EXPECT_GE(read.give_up, (3100ms + 3 * 2s)) << "0.1 … 1.6, then 2 s three times";
  EXPECT_TRUE(read.adaptive);
}

TEST(RetryFlags, EndAtWhateverComesFirst) {
  const RetryPolicy read = policy(nullptr, 1'000'000, 1s);
  EXPECT_EQ(read.max_attempts, 1'000'000U);
  EXPECT_EQ(read.give_up, 1s);
}

TEST(RetryFlags, StayClearOfOverflow) {
  const RetryPolicy read = policy("8000h..8760h", 1'000'000);
  EXPECT_GT(read.give_up, Duration::zero());
  EXPECT_LE(read.give_up, 2 * 24h * 366);
}

}  // namespace
}  // namespace volley::cli
