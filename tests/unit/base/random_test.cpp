#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace volley {
namespace {

TEST(Random, OneSeedAlwaysGivesTheSameNumbers) {
  // SplitMix64's published sequence for the seed 1234567.
  Random random{1'234'567};
  EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
  EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
  EXPECT_EQ(random.next(), 9'817'491'932'198'370'423U);
}

TEST(Random, UnitStaysBelowOneAndCentresOnAHalf) {
  Random random{1};
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double drawn = random.unit();
    ASSERT_GE(drawn, 0.0);
    ASSERT_LT(drawn, 1.0);
    sum += drawn;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.01);
}

TEST(Random, BelowGivesEveryNumberAboutAsOften) {
  Random random{2};
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen.at(random.below(seen.size()));
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, BelowIsFairWhereTheRemainderAloneIsNot) {
  // Three quarters of 2^64: a bare remainder would fall into the first third half of the time.
  constexpr std::uint64_t kBound = 3ULL << 62U;
  Random random{3};
  int low = 0;
  for (int i = 0; i < 30'000; ++i) low += random.below(kBound) < (1ULL << 62U) ? 1 : 0;
  EXPECT_NEAR(low, 10'000, 400);
}

}  // namespace
}  // namespace volley
