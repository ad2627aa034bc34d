#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "core/slot_list.hpp"

namespace volley {

/// The bodies of the requests of a table, by slot. Small ones lie in one cache line each, side by
/// side; larger ones in blocks of a power of two, which go from hand to hand.
///
/// It keeps at most twice the blocks that the most bodies of one size at one time needed, so a
/// steady flow allocates nothing, whichever slots it uses. One thread.
class BodyStore {
 public:
  explicit BodyStore(std::size_t slots);

  /// Copies a body, of 65,535 bytes at most. Requires that the slot has none.
  void put(Slot slot, Bytes body) {
    sizes_[slot] = static_cast<std::uint16_t>(body.size());
    std::byte* const place = is_small(body.size()) ? lines_[slot].bytes : take_block(slot, body);
    if (!body.empty()) std::memcpy(place, body.data(), body.size());
  }

  MutableBytes at(Slot slot) {
    const std::size_t size = sizes_[slot];
    return {is_small(size) ? lines_[slot].bytes : large_[slot].get(), size};
  }

  std::size_t size(Slot slot) const { return sizes_[slot]; }

  /// Does nothing where there is no body.
  void drop(Slot slot) {
    if (!is_small(sizes_[slot])) give_block_back(slot);
  }

 private:
  static constexpr std::size_t kLine = 64;
  struct alignas(kLine) Line {
    std::byte bytes[kLine];
  };
  using Block = std::unique_ptr<std::byte[]>;

  static constexpr bool is_small(std::size_t size) { return size <= kLine; }
  struct Blocks {
    std::vector<Block> free;
    std::size_t made = 0;
  };
  std::byte* take_block(Slot slot, Bytes body);
  void give_block_back(Slot slot);

  std::unique_ptr<Line[]> lines_;  // Untouched until used, so the system need not back them all.
  std::vector<std::uint16_t> sizes_;
  std::vector<Block> large_;        // Of the slots with a large body.
  std::array<Blocks, 10> by_size_;  // 128, 256, ... 65,536.
};

}  // namespace volley
