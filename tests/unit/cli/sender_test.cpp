#include "cli/sender.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

TEST(Pace, IsAtOnceWithoutARate) {
  Pace pace{std::nullopt};
  const Instant start{10s};
  for (int i = 0; i < 3; ++i) EXPECT_LE(pace.next(start), start);
}

TEST(Pace, KeepsTheIntervalAndMakesUpForLateTimers) {
  Pace pace{1000.0};
  const Instant start{10s};
  EXPECT_EQ(pace.next(start), start);
  EXPECT_EQ(pace.next(start), start + 1ms);
  EXPECT_EQ(pace.next(start + 5ms), start + 2ms) << "late by three turns: they come at once";
  EXPECT_EQ(pace.next(start + 5ms), start + 3ms);
}

TEST(Pace, DoesNotMakeUpForALongPause) {
  Pace pace{1000.0};
  const Instant start{10s};
  EXPECT_EQ(pace.next(start), start);
  int at_once = 0;
  const Instant later = start + 1h;
  while (pace.next(later) <= later) ++at_once;
  EXPECT_LE(at_once, 101) << "a tenth of a second of turns, not an hour of them";
}

}  // namespace
}  // namespace volley::cli
