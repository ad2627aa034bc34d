#include "core/body_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "allocation_count.hpp"
#include "base/random.hpp"

namespace volley {
namespace {

TEST(BodyStore, KeepsEachBodyApartWhateverItsSize) {
  constexpr Slot kSlots = 8;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    BodyStore store{kSlots};
    std::vector<std::string> model(kSlots);
    for (Slot slot = 0; slot < kSlots; ++slot) store.put(slot, {});
    for (int step = 0; step < 500; ++step) {
      const auto slot = static_cast<Slot>(random.below(kSlots));
      store.drop(slot);
      const auto size = std::size_t{1} << random.below(16);
      model[slot].assign(size - 1 + random.below(2), static_cast<char>('a' + step % 26));
      store.put(slot, as_bytes(model[slot]));
      for (Slot other = 0; other < kSlots; ++other) {
        ASSERT_EQ(as_text(store.at(other)), model[other]) << "step " << step;
      }
    }
  }
}

TEST(BodyStore, NeedsAsManyLargeBlocksAsThereAreLargeBodiesAtATime) {
  constexpr Slot kSlots = 1'000;
  BodyStore store{kSlots};
  const std::string large(60'000, 'x');
  store.put(0, as_bytes(large));
  store.drop(0);
  store.put(0, {});
  const std::uint64_t before = allocation_count();
  for (Slot slot = 1; slot < kSlots; ++slot) {
    store.put(slot, as_bytes(large));
    store.drop(slot);
    store.put(slot, {});
  }
  EXPECT_EQ(allocation_count(), before);
}

}  // namespace
}  // namespace volley
