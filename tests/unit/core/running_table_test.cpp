#include "core/running_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace volley {
namespace {

TEST(RunningTable, GivesEachHandlerAnIdOfItsOwn) {
  RunningTable running{4};
  std::set<ExecutionId> ids;
  for (int round = 0; round < 100; ++round) {
    const Slot slot = running.add();
    const ExecutionId id = running.id_of(slot);
    EXPECT_TRUE(ids.insert(id).second);
    EXPECT_EQ(running.slot_of(id), slot);
    running.remove(slot);
  }
  EXPECT_EQ(running.size(), 0U);
}

TEST(RunningTable, IsFullAtItsCapacity) {
  RunningTable running{3};
  const Slot first = running.add();
  running.add();
  EXPECT_FALSE(running.full());
  running.add();
  EXPECT_TRUE(running.full());
  EXPECT_EQ(running.size(), 3U);
  running.remove(first);
  EXPECT_FALSE(running.full());
}

TEST(RunningTable, RemembersInWhichOrderTheSilentStarted) {
  RunningTable running{8};
  EXPECT_EQ(running.longest_silent(), kNoSlot);
  const Slot a = running.add();
  const Slot b = running.add();
  const Slot c = running.add();
  EXPECT_EQ(running.longest_silent(), a);
  running.remove(b);
  running.tell(a);
  EXPECT_EQ(running.longest_silent(), c);
  running.remove(a);
  const Slot d = running.add();
  running.tell(c);
  EXPECT_EQ(running.longest_silent(), d);
  running.remove(d);
  EXPECT_EQ(running.longest_silent(), kNoSlot);
  running.remove(c);
}

TEST(RunningTableDeathTest, NobodyEndsTwice) {
  RunningTable running{2};
  const Slot slot = running.add();
  const ExecutionId id = running.id_of(slot);
  running.remove(slot);
  EXPECT_DEATH(running.slot_of(id), "a bug");
  running.add();
  EXPECT_DEATH(running.slot_of(id), "a bug");
  EXPECT_DEATH(running.slot_of(ExecutionId{7}), "a bug");
}

}  // namespace
}  // namespace volley
