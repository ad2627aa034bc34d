#include "core/block_index.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "core/secret_hash.hpp"

namespace volley {
namespace {

struct Record {
  std::uint64_t key() const { return id; }
  std::uint64_t id = 0;
  Block next = kNoBlock;
};

constexpr std::size_t kLimit = std::size_t{64} * 1024 * 1024;

class Index {
 public:
  explicit Index(std::size_t limit = kLimit) : store{limit}, index{store, SecretHash{42}} {}

  Block add(std::uint64_t id) {
    const Block block = store.allocate(sizeof(Record));
    new (store.at(block)) Record{.id = id};
    return index.insert(block) ? block : kNoBlock;
  }

  BlockStore store;
  BlockIndex<Record, SecretHash> index;
};

TEST(BlockIndex, FindsWhatIsThereAndNothingElse) {
  Index world;
  Random random{9};
  std::unordered_map<std::uint64_t, Block> expected;
  for (int step = 0; step < 200'000; ++step) {
    // Grows, then shrinks, twice.
    const bool grow = step / 50'000 % 2 == 0;
    const std::uint64_t id = random.next() % 30'000;
    const auto known = expected.find(id);
    ASSERT_EQ(world.index.find(id), known == expected.end() ? kNoBlock : known->second);
    if (known == expected.end() && (grow || random.next() % 4 == 0)) {
      expected[id] = world.add(id);
    } else if (known != expected.end() && (!grow || random.next() % 4 == 0)) {
      world.index.erase(known->second);
      world.store.release(known->second);
      expected.erase(known);
    }
    ASSERT_EQ(world.index.size(), expected.size());
  }
  for (const auto& [id, block] : expected) EXPECT_EQ(world.index.find(id), block);
}

TEST(BlockIndex, TakesEightBytesARecordAtMostAndGivesThemBack) {
  Index world;
  EXPECT_EQ(world.index.find(std::uint64_t{1}), kNoBlock);
  std::vector<Block> blocks;
  for (std::uint64_t id = 0; id < 300'000; ++id) blocks.push_back(world.add(id));
  EXPECT_LT(world.store.bytes(), 300'000 * (32 + 8 + 1));
  for (const Block block : blocks) {
    world.index.erase(block);
    world.store.release(block);
  }
  // What the store keeps for another time, and a table of its chunks.
  EXPECT_LT(world.store.bytes(), std::size_t{6} * 1024 * 1024);
}

TEST(BlockIndex, GrowsLongerChainsWhereThereIsNoRoom) {
  Index world{kLimit};
  const Block first = world.add(0);
  ASSERT_NE(first, kNoBlock);
  std::vector<Block> blocks;
  for (std::uint64_t id = 1; id < 5'000; ++id) {
    const Block block = world.store.allocate(sizeof(Record));
    new (world.store.at(block)) Record{.id = id};
    blocks.push_back(block);
  }
  ASSERT_TRUE(world.store.charge(kLimit - world.store.bytes()));
  for (const Block block : blocks) ASSERT_TRUE(world.index.insert(block));
  for (std::uint64_t id = 1; id < 5'000; ++id) EXPECT_EQ(world.index.find(id), blocks[id - 1]);
}

}  // namespace
}  // namespace volley
