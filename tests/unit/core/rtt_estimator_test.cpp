#include "core/rtt_estimator.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(RttEstimator, WaitsThePolicysFirstWaitWhileItKnowsNothing) {
  EXPECT_EQ(RttEstimator{kLocalPolicy}.timeout(), 100ms);
  EXPECT_EQ(RttEstimator{kInternetPolicy}.timeout(), 1s);
  EXPECT_FALSE(RttEstimator{kLocalPolicy}.smoothed());
}

TEST(RttEstimator, FollowsTheArithmeticOfRfc6298) {
  RttEstimator rtt{kLocalPolicy};
  rtt.sample(100ms);  // srtt = R, rttvar = R/2.
  EXPECT_EQ(rtt.smoothed(), 100ms);
  EXPECT_EQ(rtt.timeout(), 300ms);
  rtt.sample(200ms);  // rttvar = 3/4*50 + 1/4*100 = 62.5, then srtt = 7/8*100 + 1/8*200 = 112.5.
  EXPECT_EQ(rtt.smoothed(), 112'500us);
  EXPECT_EQ(rtt.timeout(), 112'500us + 4 * 62'500us);
  rtt.sample(20ms);  // rttvar = 3/4*62.5 + 1/4*92.5 = 70, srtt = 7/8*112.5 + 1/8*20 = 100.9375.
  EXPECT_EQ(rtt.smoothed(), 100'937'500ns);
  EXPECT_EQ(rtt.timeout(), 100'937'500ns + 4 * 70ms);
}

TEST(RttEstimator, LeavesAMillisecondAboveARoundTripThatNeverVaries) {
  RttEstimator rtt{kLocalPolicy};
  for (int i = 0; i < 200; ++i) rtt.sample(50ms);
  EXPECT_EQ(rtt.smoothed(), 50ms);
  EXPECT_EQ(rtt.timeout(), 51ms);
}

TEST(RttEstimator, StaysBetweenTheFloorAndTheCap) {
  RttEstimator fast{kLocalPolicy};
  for (int i = 0; i < 50; ++i) fast.sample(Duration::zero());
  EXPECT_EQ(fast.timeout(), kLocalPolicy.floor);

  RttEstimator slow{kLocalPolicy};
  slow.sample(1h);
  EXPECT_EQ(slow.timeout(), kLocalPolicy.cap);
}

TEST(RttEstimator, KeepsABackedOffWaitUntilACleanSample) {
  RttEstimator rtt{kLocalPolicy};
  rtt.backed_off(200ms);
  EXPECT_EQ(rtt.timeout(), 200ms);
  EXPECT_FALSE(rtt.smoothed()) << "an answer to a copy is no sample";
  rtt.backed_off(150ms);
  EXPECT_EQ(rtt.timeout(), 200ms) << "the longest wait was needed";

  rtt.sample(150ms);
  EXPECT_EQ(rtt.timeout(), 450ms);
  rtt.backed_off(200ms);
  EXPECT_EQ(rtt.timeout(), 450ms) << "it never shortens a wait";
}

TEST(RttEstimator, OneUnluckyRequestDoublesTheWaitAtMost) {
  RttEstimator rtt{kLocalPolicy};
  for (const auto wait : {200ms, 400ms, 800ms, 1600ms, 2000ms, 2000ms}) {
    rtt.backed_off(1h);
    EXPECT_EQ(rtt.timeout(), wait) << "a path that is slow is learned all the same";
  }
  rtt.sample(0ms);
  rtt.backed_off(1h);
  EXPECT_EQ(rtt.timeout(), 2 * kLocalPolicy.floor);
}

TEST(RttEstimator, LearnsNothingForAPolicyThatDoesNotAdapt) {
  RetryPolicy policy = kLocalPolicy;
  policy.adaptive = false;
  RttEstimator rtt{policy};
  rtt.sample(1ms);
  rtt.backed_off(800ms);
  EXPECT_EQ(rtt.timeout(), 100ms);
  EXPECT_EQ(rtt.smoothed(), 1ms) << "but it still tells what it measured";
}

}  // namespace
}  // namespace volley
