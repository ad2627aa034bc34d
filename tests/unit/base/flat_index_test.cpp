#include "base/flat_index.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>

#include "base/match_id_hash.hpp"
#include "base/random.hpp"

namespace volley {
namespace {

/// Sends most keys to few homes, so that runs of occupied cells grow, meet and wrap around the end.
struct CrowdedHash {
  std::size_t operator()(int key) const { return static_cast<std::size_t>(key % 3) * 30; }
};

TEST(FlatIndex, AgreesWithAMapHoweverKeysCollide) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    FlatIndex<int, int, CrowdedHash> index{16, {}};
    std::map<int, int> model;
    for (int step = 0; step < 2'000; ++step) {
      const int key = static_cast<int>(random.below(40));
      if (random.below(2) == 0) {
        index.erase(key);
        model.erase(key);
      } else if (model.size() < 16 || model.contains(key)) {
        index.put(key, step);
        model[key] = step;
      }
      ASSERT_EQ(index.size(), model.size());
      for (int probe = 0; probe < 40; ++probe) {
        const int* found = index.find(probe);
        const auto expected = model.find(probe);
        ASSERT_EQ(found != nullptr, expected != model.end()) << "key " << probe << " step " << step;
        if (found == nullptr) continue;
        ASSERT_EQ(*found, expected->second);
      }
    }
  }
}

TEST(FlatIndexDeathTest, ChecksItsCapacity) {
  FlatIndex<int, int, CrowdedHash> index{1, {}};
  index.put(1, 1);
  index.put(1, 2);
  EXPECT_DEATH(index.put(2, 1), "a bug");
}

TEST(MatchIdHash, DependsOnTheSeedAndOnEveryByteOfTheId) {
  const MatchIdHash hash{.seed = 7};
  const MatchId id{.high = 0, .low = 1};
  EXPECT_EQ(hash(id), hash(id));
  EXPECT_NE(hash(id), (MatchIdHash{.seed = 8}(id)));
  EXPECT_NE(hash(id), hash({.high = 0, .low = 2}));
  EXPECT_NE(hash(id), hash({.high = 1ULL << 63U, .low = 1}));
  EXPECT_NE(hash({.high = 1, .low = 2}), hash({.high = 2, .low = 1}));
}

}  // namespace
}  // namespace volley
