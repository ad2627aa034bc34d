#include "cli/sender.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

TEST(Pace, IsAtOnceWithoutARate) {
  Pace pace{std::nullopt};
  const Instant start{10s};
  for (int i = 0; i < 3; ++i) EXPECT_LE(pace.next(start, 100), start);
}

TEST(Pace, KeepsTheIntervalAndMakesUpForLateTimers) {
  Pace pace{Rate{1000}};
  const Instant start{10s};
  EXPECT_EQ(pace.next(start, 100), start);
  EXPECT_EQ(pace.next(start, 100), start + 1ms);
  EXPECT_EQ(pace.next(start + 5ms, 100), start + 2ms) << "late by three turns: they come at once";
  EXPECT_EQ(pace.next(start + 5ms, 100), start + 3ms);
}

TEST(Pace, DoesNotMakeUpForALongPause) {
  Pace pace{Rate{1000}};
  const Instant start{10s};
  EXPECT_EQ(pace.next(start, 100), start);
  int at_once = 0;
  const Instant later = start + 1h;
  while (pace.next(later, 100) <= later) ++at_once;
  EXPECT_LE(at_once, 101) << "a tenth of a second of turns, not an hour of them";
}

TEST(Pace, CountsBitsWhereTheRateIsInBits) {
  Pace pace{Rate{8000, true}};
  const Instant start{10s};
  EXPECT_EQ(pace.next(start, 100), start);
  EXPECT_EQ(pace.next(start, 1), start + 100ms) << "after 100 bytes, 1,000 a second";
  EXPECT_EQ(pace.next(start, 100), start + 101ms);
}

}  // namespace
}  // namespace volley::cli
