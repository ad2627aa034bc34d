#include "core/running_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace volley {
namespace {

Slot add(RunningTable& running) {
  const ExecutionId id = running.next_id();
  const Slot slot = running.add({});
  EXPECT_EQ(running.id_of(slot), id);
  return slot;
}

TEST(RunningTable, GivesEachHandlerAnIdOfItsOwn) {
  RunningTable running{4};
  std::set<ExecutionId> ids;
  for (int round = 0; round < 100; ++round) {
    const Slot slot = add(running);
    const ExecutionId id = running.id_of(slot);
    EXPECT_TRUE(ids.insert(id).second);
    EXPECT_EQ(running.slot_of(id), slot);
    running.remove(slot);
  }
  EXPECT_EQ(running.size(), 0U);
}

TEST(RunningTable, NeverGivesAnIdAgainThatWasSkipped) {
  RunningTable running{4};
  const ExecutionId skipped = running.next_id();
  running.skip_id();
  EXPECT_NE(running.next_id(), skipped);
  add(running);
  EXPECT_DEATH(running.slot_of(skipped), "a bug");
}

TEST(RunningTable, IsFullAtItsCapacity) {
  RunningTable running{3};
  const Slot first = add(running);
  add(running);
  EXPECT_FALSE(running.full());
  add(running);
  EXPECT_TRUE(running.full());
  EXPECT_EQ(running.size(), 3U);
  running.remove(first);
  EXPECT_FALSE(running.full());
}

TEST(RunningTable, RemembersInWhichOrderTheSilentStarted) {
  RunningTable running{8};
  EXPECT_EQ(running.longest_silent(), kNoSlot);
  const Slot a = add(running);
  const Slot b = add(running);
  const Slot c = add(running);
  EXPECT_EQ(running.longest_silent(), a);
  running.remove(b);
  running.tell(a);
  EXPECT_EQ(running.longest_silent(), c);
  running.remove(a);
  const Slot d = add(running);
  running.tell(c);
  EXPECT_EQ(running.longest_silent(), d);
  running.remove(d);
  EXPECT_EQ(running.longest_silent(), kNoSlot);
  running.remove(c);
}

TEST(RunningTableDeathTest, NobodyEndsTwice) {
  RunningTable running{2};
  const Slot slot = add(running);
  const ExecutionId id = running.id_of(slot);
  running.remove(slot);
  EXPECT_DEATH(running.slot_of(id), "a bug");
  add(running);
  EXPECT_DEATH(running.slot_of(id), "a bug");
  EXPECT_DEATH(running.slot_of(ExecutionId{7}), "a bug");
}

}  // namespace
}  // namespace volley
