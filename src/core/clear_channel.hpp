#pragma once

#include <cstddef>
#include <expected>

#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "wire/clear_header.hpp"
#include "wire/drop.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// How frames travel in the clear mode: as they are, behind a header (protocol.md §3.1). A core
/// hands every datagram through a channel, and knows nothing of what that does to the octets, nor
/// how many it needs around the frames: where another mode differs, another channel does.
class ClearChannel {
 public:
  /// Octets before and after the frames.
  static constexpr std::size_t kFront = kHeaderSize;
  static constexpr std::size_t kBack = 0;

  /// What a datagram said, its frames borrowed from it.
  struct Opened {
    ClearHeader header;
    Bytes frames;
  };

  /// Opens a datagram that should come from that side, in place; or tells why it is dropped.
  static std::expected<Opened, Drop> open(Bytes datagram, Side from) {
    const auto header = read_clear_header(datagram, from);
    if (!header) return std::unexpected(header.error());
    return Opened{.header = *header, .frames = datagram.subspan(kFront)};
  }

  /// Makes a datagram, in place, of the frames that stand between kFront and kBack octets.
  static void seal(const ClearHeader& header, MutableBytes datagram) {
    VOLLEY_CHECK(datagram.size() >= kFront + kBack);
    write_clear_header(header, datagram);
  }
};

}  // namespace volley
