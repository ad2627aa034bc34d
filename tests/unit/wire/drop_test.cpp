#include "wire/drop.hpp"

#include <gtest/gtest.h>

namespace volley {
namespace {

TEST(Drop, IsCalledWhatTheProtocolCallsIt) {
  EXPECT_EQ(to_string(Drop::kShort), "short");
  EXPECT_EQ(to_string(Drop::kType), "type");
  EXPECT_EQ(to_string(Drop::kUnsupported), "unsupported");
  EXPECT_EQ(to_string(Drop::kVersion), "version");
  EXPECT_EQ(to_string(Drop::kStranger), "stranger");
  EXPECT_EQ(to_string(Drop::kSource), "source");
  EXPECT_EQ(to_string(Drop::kDirection), "direction");
  EXPECT_EQ(to_string(Drop::kHeader), "header");
  EXPECT_EQ(to_string(Drop::kMisrouted), "misrouted");
  EXPECT_EQ(to_string(Drop::kUnknownClient), "unknown_client");
  EXPECT_EQ(to_string(Drop::kTicket), "ticket");
  EXPECT_EQ(to_string(Drop::kMalformed), "malformed");
  EXPECT_EQ(to_string(Drop::kStaleEpoch), "stale_epoch");
  EXPECT_EQ(to_string(Drop::kBelowBase), "below_base");
  EXPECT_EQ(to_string(Drop::kBeyondWindow), "beyond_window");
  EXPECT_EQ(to_string(Drop::kLate), "late");
  EXPECT_EQ(to_string(Drop::kStaleStamp), "stale_stamp");
  EXPECT_EQ(to_string(Drop::kUnsent), "unsent");
}

TEST(DropCounters, CountEachReasonAndAll) {
  DropCounters counters;
  EXPECT_EQ(counters.total(), 0U);
  counters.add(Drop::kShort);
  counters.add(Drop::kUnsent);
  counters.add(Drop::kUnsent);
  EXPECT_EQ(counters.value(Drop::kShort), 1U);
  EXPECT_EQ(counters.value(Drop::kUnsent), 2U);
  EXPECT_EQ(counters.value(Drop::kType), 0U);
  EXPECT_EQ(counters.total(), 3U);
}

}  // namespace
}  // namespace volley
