#include "runtime/receive_depth.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include <volley/batch.hpp>

namespace volley {
namespace {

/// What a look brought: messages, each a train of so many datagrams of that size.
class ReceiveDepthTest : public testing::Test {
 protected:
  void find(std::size_t messages, std::size_t datagrams = 1, std::size_t size = 100) {
    batch_.clear();
    const Bytes payload = Bytes{memory_}.first(datagrams * size);
    for (std::size_t i = 0; i < messages; ++i) batch_.add_train({.payload = payload}, size, {});
    depth_.found(batch_, batch_.datagrams().size());
  }

  std::array<std::byte, 65'536> memory_{};
  ReceiveBatch batch_;
  ReceiveDepth depth_;
};

TEST_F(ReceiveDepthTest, WhoFindsAllTwiceRunningLooksForMore) {
  EXPECT_EQ(depth_.most(), 1U);
  find(1);
  EXPECT_EQ(depth_.most(), 1U) << "one now and then is no reason";
  find(1);
  EXPECT_EQ(depth_.most(), 8U);
  find(8);
  EXPECT_EQ(depth_.most(), batch_.slots());
}

TEST_F(ReceiveDepthTest, WhoFindsLessDoesNot) {
  find(1);
  find(1);
  find(7);
  find(8);
  EXPECT_EQ(depth_.most(), 8U) << "it was not twice running";
}

TEST_F(ReceiveDepthTest, WhoFindsNothingBeginsAgain) {
  find(1);
  find(0);
  EXPECT_EQ(depth_.most(), 1U);
  find(1);
  EXPECT_EQ(depth_.most(), 1U);
  find(1);
  EXPECT_EQ(depth_.most(), 8U);
}

TEST_F(ReceiveDepthTest, TrainsBringManyDatagramsAtOnce) {
  for (int i = 0; i < 4; ++i) find(1, 64);
  EXPECT_EQ(depth_.most(), 1U) << "one train is dozens of datagrams";
  for (int i = 0; i < 4; ++i) find(depth_.most(), 8);
  EXPECT_EQ(depth_.most(), 8U) << "and eight are of eight each";
}

TEST_F(ReceiveDepthTest, LargeOnesFillTwoTrains) {
  for (int i = 0; i < 4; ++i) find(depth_.most(), 4, 16'376);
  EXPECT_EQ(depth_.most(), 2U);
}

}  // namespace
}  // namespace volley
