#include "core/pending_table.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace volley {
namespace {

using namespace std::chrono_literals;

struct Note {
  int number = 0;
};
using Table = PendingTable<Note>;

RetrySchedule ending_at(Instant deadline) {
  return RetrySchedule{kLocalPolicy,
                       {.first_wait = 100ms, .timeout = deadline.time_since_epoch(), .now = {}}};
}

TEST(PendingTable, AStaleIdNeverNamesTheNextRequestOfItsSlot) {
  Table table{1};
  const RequestId first = table.add(ending_at(Instant{1s}), as_bytes("first"));
  table.find(first)->details.number = 7;
  EXPECT_TRUE(table.full());
  table.remove(first);
  const RequestId second = table.add(ending_at(Instant{1s}), as_bytes("second"));
  EXPECT_NE(first, second);
  EXPECT_EQ(table.find(first), nullptr);
  ASSERT_NE(table.find(second), nullptr);
  EXPECT_EQ(as_text(table.find(second)->body), "second");
  EXPECT_EQ(table.find(second)->details.number, 0) << "nothing of the slot's last request is left";
}

TEST(PendingTable, NamesNothingByAnIdItNeverGave) {
  Table table{2};
  EXPECT_EQ(table.find(RequestId{}), nullptr);
  EXPECT_EQ(table.find(RequestId{~0ULL}), nullptr);
  const RequestId only = table.add(ending_at(Instant{1s}), {});
  EXPECT_EQ(table.find(RequestId{std::to_underlying(only) + 1}), nullptr);
}

TEST(PendingTable, RemovingARequestTakesItsTimerAndItsPlaceInTheQueue) {
  Table table{2};
  const RequestId first = table.add(ending_at(Instant{1s}), as_bytes("a"));
  const RequestId second = table.add(ending_at(Instant{2s}), as_bytes("b"));
  EXPECT_EQ(table.next_queued(), first);
  EXPECT_EQ(table.next_timer(), Instant{1s});
  table.remove(first);
  EXPECT_EQ(table.next_queued(), second);
  EXPECT_EQ(table.next_timer(), Instant{2s});
  EXPECT_EQ(table.size(), 1U);
}

TEST(PendingTable, ARequestEitherWaitsForItsTimerOrIsDueToBeSent) {
  Table table{1};
  const RequestId request = table.add(ending_at(Instant{1s}), as_bytes("a"));
  table.wait(request, Instant{100ms});
  EXPECT_FALSE(table.next_queued());
  EXPECT_EQ(table.pop_due(Instant{100ms}), request);
  table.queue(request);
  EXPECT_EQ(table.next_queued(), request);
  EXPECT_EQ(table.next_timer(), Instant{1s}) << "its deadline";
}

TEST(PendingTable, VisitsEveryRequestAndLetsTheVisitorRemoveIt) {
  Table table{4};
  for (int number = 0; number < 4; ++number) {
    table.find(table.add(ending_at(Instant{1s}), {}))->details.number = number;
  }
  std::vector<int> seen;
  table.for_each([&](RequestId id, const Table::Entry& entry) {
    seen.push_back(entry.details.number);
    if (entry.details.number % 2 == 0) table.remove(id);
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(table.size(), 2U);
}

}  // namespace
}  // namespace volley
