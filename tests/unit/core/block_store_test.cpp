#include "core/block_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "allocation_count.hpp"
#include "base/random.hpp"

namespace volley {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

/// Fills a block with a pattern of its own, to see whether others write into it.
struct Owned {
  Block block;
  std::size_t size;
  unsigned char mark;
};

TEST(BlockStore, GivesBlocksThatDoNotOverlap) {
  BlockStore store{64 * kMiB};
  Random random{3};
  std::vector<Owned> owned;
  for (int step = 0; step < 60'000; ++step) {
    if (owned.size() < 1'000 && random.next() % 8 > 2) {
      const unsigned bits = static_cast<unsigned>(random.next() % 19);
      const std::size_t size = 1 + random.next() % (std::size_t{1} << bits);
      const Block block = store.allocate(size);
      ASSERT_NE(block, kNoBlock);
      ASSERT_GE(store.units_of(block) * BlockStore::kUnit, size);
      ASSERT_EQ(store.units_of(block), BlockStore::units_for(size));
      ASSERT_LT(std::to_underlying(block), 1U << 30U);
      const auto mark = static_cast<unsigned char>(random.next());
      std::memset(store.at(block), mark, size);
      owned.push_back({block, size, mark});
    } else if (!owned.empty()) {
      std::swap(owned[random.next() % owned.size()], owned.back());
      const Owned& last = owned.back();
      const auto* const bytes = reinterpret_cast<const unsigned char*>(store.at(last.block));
      ASSERT_TRUE(std::all_of(bytes, bytes + last.size,
                              [&](unsigned char byte) { return byte == last.mark; }));
      store.release(last.block);
      owned.pop_back();
    }
    ASSERT_LE(store.bytes(), 64 * kMiB);
  }
}

TEST(BlockStore, WastesAThirdOfABlockAtMost) {
  for (std::size_t size = 33; size <= BlockStore::kMaxBlock; size += 1 + size / 50) {
    EXPECT_LT(BlockStore::units_for(size) * BlockStore::kUnit, size * 3 / 2 + 1) << size;
  }
  EXPECT_EQ(BlockStore::units_for(1), 2U);
  EXPECT_EQ(BlockStore::units_for(64), 4U);
  EXPECT_EQ(BlockStore::units_for(128), 8U);
  EXPECT_EQ(BlockStore::units_for(BlockStore::kMaxBlock) * BlockStore::kUnit,
            BlockStore::kMaxBlock);
}

TEST(BlockStore, CountsEveryByteItAllocates) {
  const std::size_t before = allocated_bytes();
  {
    BlockStore store{8 * kMiB};
    Random random{5};
    std::vector<Block> blocks;
    for (int step = 0; step < 20'000; ++step) {
      const Block block = store.allocate(1 + random.next() % 4'000);
      if (block != kNoBlock) blocks.push_back(block);
      if (random.next() % 3 == 0 && !blocks.empty()) {
        store.release(blocks.back());
        blocks.pop_back();
      }
      const std::size_t own = blocks.capacity() * sizeof(Block);
      ASSERT_EQ(store.bytes(), allocated_bytes() - before - own);
      ASSERT_LE(store.bytes(), 8 * kMiB);
    }
    EXPECT_GT(store.bytes(), 7 * kMiB);
  }
  EXPECT_EQ(allocated_bytes(), before);
}

TEST(BlockStore, GoesFromSizeToSize) {
  BlockStore store{4 * kMiB};
  for (const std::size_t size : {32U, 3'000U, 100U, 262'144U, 64U, 10'000U, 128U}) {
    std::vector<Block> blocks;
    std::size_t given = 0;
    while (true) {
      const Block block = store.allocate(size);
      if (block == kNoBlock) break;
      given += store.units_of(block) * BlockStore::kUnit;
      blocks.push_back(block);
    }
    EXPECT_GT(given, 4 * kMiB * 7 / 10) << size;
    for (const Block block : blocks) store.release(block);
  }
}

TEST(BlockStore, RefusesWhatDoesNotFit) {
  BlockStore store{100'000};
  EXPECT_EQ(store.allocate(200'000), kNoBlock);
  EXPECT_FALSE(store.charge(100'001));
  const std::size_t before = store.bytes();
  EXPECT_TRUE(store.charge(90'000 - before));
  EXPECT_EQ(store.allocate(20'000), kNoBlock);
  EXPECT_NE(store.allocate(100), kNoBlock);
  store.discharge(90'000 - before);
  EXPECT_NE(store.allocate(60'000), kNoBlock);
}

TEST(BlockStore, AllocatesNothingInASteadyFlow) {
  BlockStore store{64 * kMiB};
  std::vector<Block> blocks;
  for (const std::size_t size : {128U, 5'000U, 65'000U}) {
    std::uint64_t before = 0;
    for (int round = 0; round < 100; ++round) {
      if (round == 1) before = allocation_count();
      for (int i = 0; i < 40; ++i) blocks.push_back(store.allocate(size));
      for (const Block block : blocks) store.release(block);
      blocks.clear();
    }
    EXPECT_EQ(allocation_count(), before) << size;
  }
}

}  // namespace
}  // namespace volley
