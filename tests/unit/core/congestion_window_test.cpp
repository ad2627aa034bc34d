// protocol.md §7, as arithmetic.

#include "core/congestion_window.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFull = 1'168;
constexpr Instant kNow{1h};

/// Sends datagrams until there is no room; how many.
int fill(CongestionWindow& window, Instant now = kNow) {
  int sent = 0;
  for (; window.room() > 0; ++sent) window.sent(kFull, 10ms, now);
  return sent;
}

void answer(CongestionWindow& window, int datagrams, Instant now = kNow) {
  for (int i = 0; i < datagrams; ++i) {
    window.left(kFull, now);
    window.answered(kFull);
  }
}

TEST(CongestionWindow, BeginsWithTenAndDoublesEveryRoundTrip) {
  CongestionWindow window{kFull};
  EXPECT_EQ(fill(window), 10);
  answer(window, 10);
  EXPECT_EQ(fill(window), 20);
  answer(window, 20);
  EXPECT_EQ(window.datagrams(), 40);
}

TEST(CongestionWindow, IsHalvedByALossAndThenGrowsByOneEveryRoundTrip) {
  CongestionWindow window{kFull};
  EXPECT_TRUE(window.lost(kNow, kNow + 1ms));
  EXPECT_EQ(window.datagrams(), 5);
  EXPECT_EQ(fill(window), 5);
  answer(window, 5);
  EXPECT_NEAR(window.datagrams(), 6, 0.1);
}

TEST(CongestionWindow, IsHalvedOnceARoundTrip) {
  CongestionWindow window{kFull};
  EXPECT_TRUE(window.lost(kNow, kNow + 1ms));
  EXPECT_FALSE(window.lost(kNow + 1ms - 1ns, kNow + 2ms)) << "sent before the window was halved";
  EXPECT_EQ(window.datagrams(), 5);
  EXPECT_TRUE(window.lost(kNow + 1ms, kNow + 3ms)) << "what a reduction sends comes after it";
  EXPECT_EQ(window.datagrams(), 2.5);
  EXPECT_TRUE(window.lost(kNow + 3ms, kNow + 4ms));
  EXPECT_EQ(window.datagrams(), 2) << "and no less";
}

TEST(CongestionWindow, LossesThatAnswersShowLeaveFour) {
  CongestionWindow window{kFull};
  Instant now = kNow;
  for (const double left : {5, 4, 4}) {
    EXPECT_TRUE(window.found_lost(now, now));
    EXPECT_EQ(window.datagrams(), left);
    now += 1ms;
  }
  EXPECT_TRUE(window.lost(now, now));
  EXPECT_EQ(window.datagrams(), 2);
  now += 1ms;
  EXPECT_TRUE(window.found_lost(now, now));
  EXPECT_EQ(window.datagrams(), 2) << "a loss never makes it wider";
}

TEST(CongestionWindow, SilenceSendsItToTwoOnce) {
  CongestionWindow window{kFull};
  EXPECT_TRUE(window.silent(kNow, kNow + 1ms));
  EXPECT_EQ(window.datagrams(), 2);
  EXPECT_FALSE(window.silent(kNow, kNow + 1ms));
  EXPECT_FALSE(window.lost(kNow, kNow + 1ms));
  // Slow start up to half of what it was.
  for (int i = 0; i < 3; ++i) window.answered(kFull);
  EXPECT_EQ(window.datagrams(), 5);
  window.answered(kFull);
  EXPECT_NEAR(window.datagrams(), 5.2, 0.01);
}

TEST(CongestionWindow, ADatagramWeighsOneAtLeast) {
  const CongestionWindow window{kFull};
  EXPECT_EQ(window.weight(12), kFull);
  EXPECT_EQ(window.weight(60'000), 60'000U);
}

TEST(CongestionWindow, SaysHowMuchRoomIsLeft) {
  CongestionWindow window{kFull};
  EXPECT_EQ(window.room(), 10 * kFull);
  window.sent(8 * kFull + 1, 10ms, kNow);
  EXPECT_EQ(window.room(), 2 * kFull - 1);
  window.sent(kFull, 10ms, kNow);
  EXPECT_EQ(window.room(), 0U) << "less than one datagram";
  window.left(kFull, kNow);
  window.left(8 * kFull + 1, kNow);
  EXPECT_TRUE(window.idle());
}

TEST(CongestionWindow, TellsWhetherItIsUsed) {
  CongestionWindow window{kFull};
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(window.sent(kFull, 10ms, kNow), i > 5) << i;
}

TEST(CongestionWindow, StartsSmallAgainAfterASilence) {
  for (const Duration silence : {900ms, 1'100ms}) {
    CongestionWindow window{kFull};
    answer(window, fill(window));
    answer(window, fill(window), kNow);
    EXPECT_EQ(window.datagrams(), 40);
    window.sent(kFull, 10ms, kNow + silence);
    EXPECT_EQ(window.datagrams(), silence > 1s ? 10 : 40);
  }
  CongestionWindow window{kFull};
  answer(window, fill(window));
  window.sent(kFull, 3s, kNow + 2s);
  EXPECT_EQ(window.datagrams(), 20) << "the path is slower than that";
}

TEST(CongestionWindow, ASilenceDoesNotMakeASmallOneLarger) {
  CongestionWindow window{kFull};
  fill(window);
  window.lost(kNow, kNow + 1ms);
  for (int i = 0; i < 10; ++i) window.left(kFull, kNow + 1ms);
  window.sent(kFull, 10ms, kNow + 1h);
  EXPECT_EQ(window.datagrams(), 5);
}

TEST(CongestionWindow, KnowsNothingOfAnotherIncarnation) {
  CongestionWindow window{kFull};
  window.silent(kNow, kNow + 1ms);
  window.restart();
  EXPECT_EQ(fill(window), 10);
  answer(window, 10);
  EXPECT_EQ(window.datagrams(), 20) << "slow start";
}

}  // namespace
}  // namespace volley
