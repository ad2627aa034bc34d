#include "core/id_ledger.hpp"

#include <gtest/gtest.h>

namespace volley {
namespace {

constexpr MatchId id(std::uint64_t number) {
  return {.high = 0, .low = number};
}

TEST(IdLedger, KnowsWhatIsInFlightAndHowTheLastFewEnded) {
  IdLedger ledger{{.in_flight = 2, .finished = 3}, 1};
  ledger.begin(id(1), RequestId{11});
  ledger.begin(id(2), RequestId{12});
  EXPECT_EQ(ledger.in_flight(id(1)), RequestId{11});
  EXPECT_FALSE(ledger.in_flight(id(3)));
  EXPECT_FALSE(ledger.finished(id(1)));

  ledger.end(id(1), RawOutcome::kReply);
  ledger.end(id(2), RawOutcome::kNoAnswer);
  EXPECT_FALSE(ledger.in_flight(id(1)));
  EXPECT_EQ(ledger.finished(id(1)), RawOutcome::kReply);
  EXPECT_EQ(ledger.finished(id(2)), RawOutcome::kNoAnswer);
}

TEST(IdLedger, ForgetsTheLongestFinishedFirst) {
  IdLedger ledger{{.in_flight = 1, .finished = 3}, 1};
  for (std::uint64_t number = 0; number < 100; ++number) {
    ledger.begin(id(number), RequestId{number});
    ledger.end(id(number), RawOutcome::kReply);
    for (std::uint64_t other = 0; other < 100; ++other) {
      EXPECT_EQ(ledger.finished(id(other)).has_value(), other <= number && other + 3 > number);
    }
  }
}

TEST(IdLedger, AnIdThatIsUsedAgainIsRememberedByItsLastEnd) {
  IdLedger ledger{{.in_flight = 1, .finished = 2}, 1};
  for (const auto outcome : {RawOutcome::kReply, RawOutcome::kNoAnswer, RawOutcome::kReply}) {
    ledger.begin(id(5), RequestId{1});
    EXPECT_EQ(ledger.in_flight(id(5)), RequestId{1});
    ledger.end(id(5), outcome);
    EXPECT_EQ(ledger.finished(id(5)), outcome);
  }
}

TEST(IdLedger, FindsEachOfAsManyAsItKeeps) {
  IdLedger ledger{{.in_flight = 1, .finished = 1'000}, 7};
  const auto outcome_of = [](std::uint64_t number) {
    return number % 3 == 0 ? RawOutcome::kNoAnswer : RawOutcome::kReply;
  };
  for (std::uint64_t number = 0; number < 2'500; ++number) {
    ledger.begin(id(number), RequestId{number});
    ledger.end(id(number), outcome_of(number));
  }
  for (std::uint64_t number = 0; number < 2'500; ++number) {
    const auto ended = ledger.finished(id(number));
    ASSERT_EQ(ended.has_value(), number >= 1'500) << number;
    if (ended) {
      EXPECT_EQ(*ended, outcome_of(number)) << number;
    }
  }
  EXPECT_FALSE(ledger.finished({.high = 1, .low = 2'000}));
}

TEST(IdLedgerDeathTest, EndsOnlyWhatIsInFlight) {
  IdLedger ledger{{.in_flight = 2, .finished = 2}, 1};
  EXPECT_DEATH(ledger.end(id(5), RawOutcome::kReply), "a bug");
}

TEST(IdLedgerDeathTest, ChecksThatOneIdIsInFlightOnce) {
  IdLedger ledger{{.in_flight = 2, .finished = 2}, 1};
  ledger.begin(id(5), RequestId{1});
  EXPECT_DEATH(ledger.begin(id(5), RequestId{2}), "a bug");
}

}  // namespace
}  // namespace volley
