// protocol.md §5.3: what a header tells, row by row.

#include "core/held_epoch.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace volley {
namespace {

using namespace std::chrono_literals;
using News = HeldEpoch::News;

constexpr Instant kNow{1h};

ClearHeader header(std::uint64_t epoch, std::uint64_t ticket, std::uint32_t uptime,
                   std::uint8_t turn = 0) {
  return {.from = Side::kServer,
          .turn = turn,
          .client_id = ClientId{1},
          .epoch = Epoch{epoch},
          .ticket = Ticket{ticket},
          .note = uptime};
}

/// One that holds epoch 7 and ticket 70, which came with an uptime of 1,000.
HeldEpoch met() {
  HeldEpoch held;
  EXPECT_EQ(held.take(header(7, 70, 1'000), false, kNow), News::kFirst);
  return held;
}

TEST(HeldEpoch, HoldsTheFirstItHears) {
  HeldEpoch held;
  EXPECT_FALSE(held.known());
  EXPECT_EQ(held.turn(), 0);
  EXPECT_EQ(held.take(header(7, 70, 1'000, 99), false, kNow), News::kFirst);
  EXPECT_EQ(held.epoch(), Epoch{7});
  EXPECT_EQ(held.ticket(), Ticket{70});
  EXPECT_EQ(held.ticket_instant(), kNow);
  EXPECT_EQ(held.turn(), 1);
}

TEST(HeldEpoch, TakesAFreshTicketOfTheSameEpoch) {
  HeldEpoch held = met();
  const std::uint32_t stamp = held.stamp();
  EXPECT_EQ(held.take(header(7, 71, 1'000), false, kNow + 1s), News::kFresh) << "as late is enough";
  EXPECT_EQ(held.ticket(), Ticket{71});
  EXPECT_EQ(held.ticket_instant(), kNow + 1s);
  EXPECT_NE(held.stamp(), stamp);
  EXPECT_EQ(held.turn(), 1);
}

TEST(HeldEpoch, IsToldNothingByAHeaderThatComesLate) {
  HeldEpoch held = met();
  EXPECT_EQ(held.take(header(7, 69, 999), true, kNow + 1s), News::kLate);
  EXPECT_EQ(held.ticket(), Ticket{70});
  EXPECT_EQ(held.ticket_instant(), kNow);
}

TEST(HeldEpoch, BelievesAnotherEpochThatAnswersItsTurnInABareHeader) {
  HeldEpoch held = met();
  EXPECT_EQ(held.take(header(8, 80, 5, 1), true, kNow + 1s), News::kRestart);
  EXPECT_EQ(held.epoch(), Epoch{8});
  EXPECT_EQ(held.turn(), 2);
  EXPECT_FALSE(held.returned());
}

TEST(HeldEpoch, IsToldNothingByAnotherEpochOtherwise) {
  HeldEpoch held = met();
  EXPECT_EQ(held.take(header(8, 80, 5, 0), true, kNow), News::kStale) << "an answer to older turns";
  EXPECT_EQ(held.take(header(8, 80, 5, 1), false, kNow), News::kStale) << "not bare";
  EXPECT_EQ(held.take(header(8, 80, 2'000, 2), true, kNow), News::kStale);
  EXPECT_EQ(held.epoch(), Epoch{7});
}

TEST(HeldEpoch, RemembersTheLastEightItLeft) {
  for (const std::uint64_t between : {8U, 9U}) {
    HeldEpoch held = met();
    for (std::uint64_t epoch = 8; epoch < 8 + between; ++epoch) {
      held.take(header(epoch, 1, 1, held.turn()), true, kNow);
      EXPECT_FALSE(held.returned());
    }
    held.take(header(7, 1, 1, held.turn()), true, kNow);
    EXPECT_EQ(held.returned(), between == 8);
  }
}

TEST(HeldEpoch, ItsTurnGoesRound) {
  HeldEpoch held = met();
  for (std::uint64_t epoch = 8; epoch < 8 + 256; ++epoch) {
    const std::uint8_t turn = held.turn();
    EXPECT_EQ(held.take(header(epoch, 1, 1, turn), true, kNow), News::kRestart);
    EXPECT_EQ(held.turn(), static_cast<std::uint8_t>(turn + 1));
  }
}

}  // namespace
}  // namespace volley
