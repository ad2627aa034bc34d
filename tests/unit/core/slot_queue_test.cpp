#include "core/slot_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>

#include "base/random.hpp"

namespace volley {
namespace {

TEST(SlotQueue, AgreesWithADequeFromWhichAnyoneMayLeave) {
  constexpr SlotQueue::Slot kSlots = 12;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    SlotQueue queue{kSlots};
    std::deque<SlotQueue::Slot> model;
    for (int step = 0; step < 2'000; ++step) {
      const auto slot = static_cast<SlotQueue::Slot>(random.below(kSlots));
      if (random.below(2) == 0) {
        queue.push(slot);
        if (std::ranges::find(model, slot) == model.end()) model.push_back(slot);
      } else {
        queue.erase(slot);
        std::erase(model, slot);
      }
      ASSERT_EQ(queue.front().has_value(), !model.empty()) << "step " << step;
      if (model.empty()) continue;
      ASSERT_EQ(*queue.front(), model.front()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace volley
