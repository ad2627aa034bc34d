#pragma once

#include <cstdint>
#include <expected>

#include <volley/bytes.hpp>

#include "wire/drop.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// What stands before the frames of a clear datagram: protocol.md §3.1.
struct ClearHeader {
  Side from{};
  std::uint8_t turn = 0;
  ClientId client_id{};
  Epoch epoch{};
  Ticket ticket{};
  std::uint32_t note = 0;  ///< From a client: lowest unfinished. From a server: uptime in ms.

  bool operator==(const ClearHeader&) const = default;
};

/// The header of a datagram that should come from that side, or the first reason of protocol.md
/// §2.3 to drop it, of those that need only its octets: short, type, unsupported, version,
/// direction, header. The frames are what follows kHeaderSize octets.
///
/// The checks of its address come between version and direction: where one of those applies too,
/// the lesser Drop is the one to count.
std::expected<ClearHeader, Drop> read_clear_header(Bytes datagram, Side from);

/// Writes the first kHeaderSize octets of `out`, which must be there.
void write_clear_header(const ClearHeader& header, MutableBytes out);

/// What chooses the worker of a server that has several (protocol.md §2.2).
std::uint16_t steering(ClientId client_id);

/// The same, of a datagram of any type. 0 if it is too short to hold it, as for the kernel's
/// filter.
std::uint16_t steering(Bytes datagram);

}  // namespace volley
