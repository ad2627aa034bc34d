#include "base/ring.hpp"

#include <gtest/gtest.h>

namespace volley {
namespace {

TEST(Ring, GivesBackInOrderHoweverOftenItWraps) {
  Ring<int> ring{3};
  int pushed = 0;
  int popped = 0;
  for (int turn = 0; turn < 10; ++turn) {
    while (!ring.full()) ring.push(pushed++);
    EXPECT_EQ(ring.size(), 3U);
    EXPECT_EQ(ring.pop(), popped++);
    EXPECT_EQ(ring.pop(), popped++);
  }
  EXPECT_EQ(ring.pop(), popped);
  EXPECT_TRUE(ring.empty());
}

TEST(Ring, LetsItsItemsBeWrittenAndReadWhereTheyStand) {
  Ring<int> ring{2};
  for (int turn = 0; turn < 5; ++turn) {
    ring.push() = 2 * turn;
    ring.push() = 2 * turn + 1;
    EXPECT_TRUE(ring.full());
    EXPECT_EQ(ring.front(), 2 * turn);
    ring.drop();
    EXPECT_EQ(ring.pop(), 2 * turn + 1);
  }
}

TEST(RingDeathTest, ChecksThatItNeverOverflows) {
  Ring<int> ring{1};
  ring.push(1);
  EXPECT_DEATH(ring.push(2), "a bug");
}

}  // namespace
}  // namespace volley
