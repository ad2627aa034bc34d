#include "core/pending_table.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace volley {
namespace {

struct Note {
  int number = 0;
};
using Table = PendingTable<Note>;

TEST(PendingTable, AStaleIdNeverNamesTheNextRequestOfItsSlot) {
  Table table{1};
  const Slot slot = table.add(as_bytes("first"));
  table[slot].number = 7;
  const RequestId first = table.id_of(slot);
  EXPECT_TRUE(table.full());
  EXPECT_EQ(table.find(first), slot);
  table.end(slot);
  EXPECT_EQ(table.find(first), kNoSlot);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.full()) << "until whoever keeps something by the slot was told";
  table.release(slot);
  const RequestId second = table.id_of(table.add(as_bytes("second")));
  EXPECT_NE(first, second);
  EXPECT_EQ(table.find(first), kNoSlot);
  ASSERT_EQ(table.find(second), slot);
  EXPECT_EQ(as_text(table.body(slot)), "second");
  EXPECT_EQ(table[slot].number, 0) << "nothing of the slot's last request is left";
}

TEST(PendingTable, NamesNothingByAnIdItNeverGave) {
  Table table{2};
  EXPECT_EQ(table.find(RequestId{}), kNoSlot);
  EXPECT_EQ(table.find(RequestId{~0ULL}), kNoSlot);
  const RequestId only = table.id_of(table.add({}));
  EXPECT_EQ(table.find(RequestId{std::to_underlying(only) + 1}), kNoSlot);
}

TEST(PendingTable, VisitsEveryRequestAndLetsTheVisitorEndIt) {
  Table table{4};
  for (int number = 0; number < 4; ++number) table[table.add({})].number = number;
  std::vector<int> seen;
  table.for_each([&](Slot slot) {
    seen.push_back(table[slot].number);
    if (table[slot].number % 2 == 0) table.end(slot);
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(table.size(), 2U);
}

}  // namespace
}  // namespace volley
