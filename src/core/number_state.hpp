#pragma once

#include <cstdint>
#include <utility>

#include "core/block_store.hpp"
#include "core/slot_list.hpp"

namespace volley {

/// What a server knows of one number (protocol.md §6.4), in 32 bits: two say which, the rest where.
class NumberState {
 public:
  enum class Kind : std::uint8_t { kNew, kRefused, kRunning, kDone, kKept };

  constexpr NumberState() = default;
  static constexpr NumberState refused() { return NumberState{kRefusedBits}; }
  /// The handler in this slot of the running table, below 2^30.
  static constexpr NumberState running(Slot slot) { return NumberState{kRunningTag | slot}; }
  /// It ran, and there is no reply.
  static constexpr NumberState done() { return NumberState{kDoneBits}; }
  /// It ran, and its reply is on this page.
  static constexpr NumberState kept(Block page) {
    return NumberState{kKeptTag | std::to_underlying(page)};
  }

  constexpr bool is_new() const { return bits_ == 0; }
  constexpr Kind kind() const {
    if ((bits_ & kRunningTag) != 0) return Kind::kRunning;
    if ((bits_ & kKeptTag) != 0) return Kind::kKept;
    return Kind{static_cast<std::uint8_t>(bits_)};
  }
  constexpr Slot slot() const { return bits_ & ~kTags; }
  constexpr Block page() const { return Block{bits_ & ~kTags}; }

  bool operator==(const NumberState&) const = default;

 private:
  static constexpr std::uint32_t kRunningTag = 1U << 30U;
  static constexpr std::uint32_t kKeptTag = 1U << 31U;
  static constexpr std::uint32_t kTags = kRunningTag | kKeptTag;
  static constexpr std::uint32_t kRefusedBits = std::to_underlying(Kind::kRefused);
  static constexpr std::uint32_t kDoneBits = std::to_underlying(Kind::kDone);

  explicit constexpr NumberState(std::uint32_t bits) : bits_{bits} {}

  std::uint32_t bits_ = 0;
};

}  // namespace volley
