#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace volley {

/// Names a block of a BlockStore in 30 bits; the default one is none.
enum class Block : std::uint32_t {};

inline constexpr Block kNoBlock{};

/// Memory in blocks of any size under one bound, for records that strangers make us keep. What does
/// not fit is refused; what was given never moves.
///
/// Blocks of like sizes stand together in chunks, which go from size to size as they fall empty. A
/// few empty ones are kept, so that a steady flow allocates nothing. Everything counts: chunks with
/// the room in them that is not used, the tables of this class, and what others charge() here. One
/// thread.
class BlockStore {
 public:
  static constexpr std::size_t kMaxBlock = std::size_t{256} * 1024;
  /// Every block is a number of these.
  static constexpr std::size_t kUnit = 16;

  explicit BlockStore(std::size_t limit);
  BlockStore(const BlockStore&) = delete;
  BlockStore& operator=(const BlockStore&) = delete;
  ~BlockStore();

  /// A block of at least `size` bytes, their values undefined; kNoBlock if there is no room.
  /// Requires size <= kMaxBlock.
  Block allocate(std::size_t size) {
    const std::size_t which = class_of(size);
    if (classes_[which].open == kNoChunk && !open_chunk(which)) return kNoBlock;
    const std::uint32_t index = classes_[which].open;
    Chunk& chunk = chunks_[index];
    std::uint32_t place = chunk.fresh;
    if (chunk.free != kNoFree) {
      place = chunk.free;
      std::memcpy(&chunk.free, chunk.memory + place * kUnit, sizeof chunk.free);
    } else {
      chunk.fresh = static_cast<std::uint16_t>(place + chunk.units);
    }
    if (++chunk.used == classes_[which].per_chunk) close(index);
    return Block{index << kPlaceBits | place};
  }

  /// Gives a block back.
  void release(Block block) {
    const std::uint32_t index = chunk_of(block);
    Chunk& chunk = chunks_[index];
    const std::uint32_t place = place_of(block);
    if (chunk.used == classes_[chunk.size_class].per_chunk) reopen(index);
    std::memcpy(chunk.memory + place * kUnit, &chunk.free, sizeof chunk.free);
    chunk.free = static_cast<std::uint16_t>(place);
    if (--chunk.used == 0) retire(index);
  }

  std::byte* at(Block block) const {
    return chunks_[chunk_of(block)].memory + place_of(block) * kUnit;
  }

  /// The record in a block, which was made there.
  template <class Record>
  Record& as(Block block) const {
    return *reinterpret_cast<Record*>(at(block));
  }

  /// The size of a block, in units.
  std::uint32_t units_of(Block block) const { return chunks_[chunk_of(block)].units; }
  /// The size of the block that allocate() gives for so many bytes, in units.
  static constexpr std::uint32_t units_for(std::size_t size) {
    return static_cast<std::uint32_t>(block_size(class_of(size)) / kUnit);
  }

  /// Counts memory that the caller allocates himself. False if there is no room for it.
  bool charge(std::size_t bytes);
  void discharge(std::size_t bytes) { bytes_ -= bytes; }

  /// All that counts, at most the limit.
  std::size_t bytes() const { return bytes_; }

 private:
  // Two sizes to each power of two: 32, 48, 64, 96 … 196,608, 262,144.
  static constexpr unsigned kLeastBits = 5;
  static constexpr unsigned kMostBits = 18;
  static constexpr std::size_t kClasses = 2 * (kMostBits - kLeastBits) + 1;
  // A block's place in its chunk, in units.
  static constexpr unsigned kPlaceBits = 10;
  static constexpr std::uint32_t kMaxChunks = 1U << (30 - kPlaceBits);
  static constexpr std::uint32_t kNoChunk = 0;
  static constexpr std::uint16_t kNoFree = UINT16_MAX;

  struct Chunk {
    std::byte* memory = nullptr;
    std::uint32_t units = 0;       // Of each of its blocks.
    std::uint16_t free = kNoFree;  // The first of the blocks given back; each names the next.
    std::uint16_t fresh = 0;       // From here on no block was ever given.
    std::uint16_t used = 0;
    std::uint16_t size_class = 0;
    std::uint32_t next = kNoChunk;  // In the list that the chunk is in: open, spare or unmade.
    std::uint32_t previous = kNoChunk;
  };

  struct Class {
    std::uint32_t open = kNoChunk;   // The first of the chunks that have room.
    std::uint32_t spare = kNoChunk;  // Of the empty ones; small sizes share those of the first.
    std::uint16_t per_chunk = 0;
  };

  static constexpr std::size_t class_of(std::size_t size) {
    if (size <= std::size_t{1} << kLeastBits) return 0;
    const auto bits = static_cast<std::size_t>(std::bit_width(size - 1));
    const bool upper = size > std::size_t{3} << (bits - 2);
    return 2 * (bits - kLeastBits) - (upper ? 0 : 1);
  }
  static constexpr std::size_t block_size(std::size_t which) {
    const std::size_t power = std::size_t{1} << (kLeastBits + (which + 1) / 2);
    return which % 2 == 0 ? power : power / 4 * 3;
  }
  static std::uint32_t chunk_of(Block block) { return std::to_underlying(block) >> kPlaceBits; }
  static std::uint32_t place_of(Block block) {
    return std::to_underlying(block) & ((1U << kPlaceBits) - 1);
  }

  bool open_chunk(std::size_t which);
  void close(std::uint32_t index);
  void reopen(std::uint32_t index);
  void retire(std::uint32_t index);
  std::uint32_t make_chunk(std::size_t which);
  void free_spare(std::size_t which);
  bool grow_table();
  bool make_room(std::size_t bytes);
  std::size_t spares_of(std::size_t which) const { return is_small(which) ? 0 : which; }
  bool is_small(std::size_t which) const { return block_size(which) <= chunk_bytes_ / 4; }
  std::size_t bytes_of_chunk(std::size_t which) const {
    return is_small(which) ? chunk_bytes_ : block_size(which);
  }

  std::size_t limit_;
  std::size_t chunk_bytes_;
  std::size_t bytes_ = 0;
  std::size_t spare_bytes_ = 0;
  std::array<Class, kClasses> classes_{};
  std::vector<Chunk> chunks_;  // The first is none.
  std::uint32_t unmade_ = kNoChunk;
};

}  // namespace volley
