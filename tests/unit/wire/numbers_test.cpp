#include "wire/numbers.hpp"

#include <gtest/gtest.h>

namespace volley {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Numbers, AgeIsMoreThanWhatPassed) {
  EXPECT_EQ(age(Duration{}), milliseconds{10});
  EXPECT_EQ(age(seconds{100}), milliseconds{100'110});
  EXPECT_LT(age(seconds{119}), kCopiesWithin);
  EXPECT_GE(age(kCopiesWithin), kCopiesWithin);
}

TEST(Numbers, BoundsFollowFromOneAnother) {
  // protocol.md §6.8 and §8.3.
  EXPECT_EQ(kCopiesWithin + kTicketAtMost, kRefusalsWithin);
  EXPECT_EQ(kRefusalsWithin + seconds{7}, kContextLife);
  EXPECT_EQ(kMaxBody, kMaxDatagram - 36 - 12);
}

}  // namespace
}  // namespace volley
