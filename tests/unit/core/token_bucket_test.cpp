#include "core/token_bucket.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

int taken(TokenBucket& bucket, Instant now) {
  int tokens = 0;
  while (bucket.take(now)) ++tokens;
  return tokens;
}

TEST(TokenBucket, HoldsItsBurstAndFillsUpAgainByTime) {
  TokenBucket bucket{10us, 8};
  EXPECT_EQ(taken(bucket, kStart), 8);
  EXPECT_EQ(taken(bucket, kStart + 9us), 0);
  EXPECT_EQ(taken(bucket, kStart + 10us), 1);
  EXPECT_EQ(taken(bucket, kStart + 40us), 3);
  EXPECT_EQ(taken(bucket, kStart + 1h), 8);
}

TEST(TokenBucket, IsNotDrainedByThoseItRefuses) {
  TokenBucket bucket{10us, 1};
  int tokens = 0;
  for (Instant now = kStart; now < kStart + 1ms; now += 1us) tokens += bucket.take(now) ? 1 : 0;
  EXPECT_EQ(tokens, 100);
}

}  // namespace
}  // namespace volley
