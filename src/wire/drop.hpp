#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace volley {

/// Why a datagram, or a frame of one, was dropped: protocol.md §2.3.
///
/// In the order of the checks, and the first that applies is counted: where two do, the lesser.
enum class Drop : std::uint8_t {
  kShort,
  kType,
  kUnsupported,
  kVersion,
  kStranger,
  kSource,
  kDirection,
  kHeader,
  kMisrouted,
  kUnknownClient,
  kTicket,
  kMalformed,
  kStaleEpoch,
  kBelowBase,
  kBeyondWindow,
  kLate,
  kStaleStamp,
  kUnsent,
};

inline constexpr std::size_t kDropReasons = std::to_underlying(Drop::kUnsent) + 1;

/// The reason's name in protocol.md, like "unknown_client".
std::string_view to_string(Drop drop);

/// How often each reason applied.
class DropCounters {
 public:
  void add(Drop drop) { ++counts_[std::to_underlying(drop)]; }
  std::uint64_t value(Drop drop) const { return counts_[std::to_underlying(drop)]; }
  std::uint64_t total() const;

 private:
  std::array<std::uint64_t, kDropReasons> counts_{};
};

}  // namespace volley
