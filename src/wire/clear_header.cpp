#include "wire/clear_header.hpp"

#include <cstddef>
#include <utility>

#include "base/check.hpp"
#include "wire/byte_reader.hpp"
#include "wire/byte_writer.hpp"

namespace volley {
namespace {

constexpr std::uint8_t kClear = 4;
constexpr std::uint8_t kFirstType = 4;
constexpr std::uint8_t kLastType = 15;

constexpr std::uint8_t kFromServer = 1;

/// protocol.md §3.1: the ranges. A client has no epoch and no ticket at first; L starts at 1.
bool in_range(const ClearHeader& header) {
  if (header.client_id == ClientId{}) return false;
  if (header.from == Side::kServer) return header.epoch != Epoch{} && header.ticket != Ticket{};
  return header.note >= 1 && header.note <= std::to_underlying(kLastSequence) + 1;
}

}  // namespace

// 0 type | 1 version | 2 flags | 3 turn | 4 client_id 8 | 12 epoch 8 | 20 ticket 8 | 28 note 4
std::expected<ClearHeader, Drop> read_clear_header(Bytes datagram, Side from) {
  ByteReader in{datagram};
  const auto type = in.u8();
  if (!in.ok()) return std::unexpected(Drop::kShort);
  if (type < kFirstType || type > kLastType) return std::unexpected(Drop::kType);
  if (type != kClear) return std::unexpected(Drop::kUnsupported);
  if (in.u8() != kProtocolVersion) return std::unexpected(Drop::kVersion);
  const auto flags = in.u8();
  const ClearHeader header{.from = (flags & kFromServer) != 0 ? Side::kServer : Side::kClient,
                           .turn = in.u8(),
                           .client_id = ClientId{in.u64()},
                           .epoch = Epoch{in.u64()},
                           .ticket = Ticket{in.u64()},
                           .note = in.u32()};
  if (!in.ok()) return std::unexpected(Drop::kShort);
  if (header.from != from) return std::unexpected(Drop::kDirection);
  if (flags > kFromServer || !in_range(header)) return std::unexpected(Drop::kHeader);
  return header;
}

void write_clear_header(const ClearHeader& header, MutableBytes out) {
  VOLLEY_CHECK(in_range(header));
  ByteWriter to{out};
  to.u8(kClear);
  to.u8(kProtocolVersion);
  to.u8(header.from == Side::kServer ? kFromServer : std::uint8_t{0});
  to.u8(header.turn);
  to.u64(std::to_underlying(header.client_id));
  to.u64(std::to_underlying(header.epoch));
  to.u64(std::to_underlying(header.ticket));
  to.u32(header.note);
  VOLLEY_CHECK(to.ok());
}

std::uint16_t steering(ClientId client_id) {
  return static_cast<std::uint16_t>(std::to_underlying(client_id) >> 48U);
}

std::uint16_t steering(Bytes datagram) {
  ByteReader in{datagram};
  in.u32();
  return in.u16();
}

}  // namespace volley
