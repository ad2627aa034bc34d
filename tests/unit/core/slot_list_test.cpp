#include "core/slot_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "base/random.hpp"

namespace volley {
namespace {

struct Item {
  SlotLinks links;
};

TEST(SlotList, AgreesWithADequeFromWhichAnyoneMayLeave) {
  constexpr Slot kItems = 12;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    std::array<Item, kItems> table{};
    SlotList list;
    std::deque<Slot> model;
    for (int step = 0; step < 2'000; ++step) {
      const auto slot = static_cast<Slot>(random.below(kItems));
      if (std::ranges::find(model, slot) == model.end()) {
        list.push_back(table, slot);
        model.push_back(slot);
      } else {
        list.erase(table, slot);
        std::erase(model, slot);
      }
      ASSERT_EQ(list.empty(), model.empty()) << "step " << step;
      Slot walked = list.front();
      for (const Slot expected : model) {
        ASSERT_EQ(walked, expected) << "step " << step;
        walked = table[walked].links.after;
      }
      ASSERT_EQ(walked, kNoSlot) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace volley
