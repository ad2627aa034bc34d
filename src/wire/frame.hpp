#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>

#include "wire/numbers.hpp"

namespace volley {

/// The octet that ends the frames of a datagram, the rest of which is zeros (protocol.md §4.2). No
/// FrameType: it says nothing, so no one is told of it.
inline constexpr std::uint8_t kPad = 0;

/// protocol.md §4.1.
enum class FrameType : std::uint8_t {
  kRequest = 1,
  kReply = 2,
  kNack = 3,
  kWorking = 4,
  kProbe = 5,
  kPing = 6,
  kPong = 7,
};

/// protocol.md §4.5.
enum class NackCode : std::uint8_t {
  kBusy = 1,
  kNever = 2,
  kReplyGone = 3,
  kOverload = 4,
};

/// One frame of any type, its body borrowed. What its type does not have is 0.
struct Frame {
  FrameType type{};
  std::uint8_t attempt = 0;  ///< All but PING and PONG.
  bool idempotent = false;   ///< REQUEST.
  bool deferred = false;     ///< REPLY, WORKING.
  Sequence sequence{};       ///< All but PING and PONG.
  NackCode code{};           ///< NACK.
  std::uint16_t ttl_ms = 0;  ///< REQUEST; 0 is no limit.
  std::uint16_t status = 0;  ///< REPLY.
  std::uint16_t zeros = 0;   ///< PING, PONG: so many octets of nothing at the end.
  std::uint32_t detail = 0;  ///< NACK: ms to wait, of BUSY and OVERLOAD.
  std::uint64_t opaque = 0;  ///< PING, PONG.
  Bytes body{};              ///< REQUEST, REPLY.
};

/// Who may send it.
constexpr Side sender(FrameType type) {
  const bool client =
      type == FrameType::kRequest || type == FrameType::kProbe || type == FrameType::kPing;
  return client ? Side::kClient : Side::kServer;
}

/// Octets before the body, or before the zeros.
constexpr std::size_t head_size(FrameType type) {
  return type == FrameType::kWorking || type == FrameType::kProbe ? 8 : 12;
}

/// Octets of the whole frame.
constexpr std::size_t size_of(const Frame& frame) {
  return head_size(frame.type) + frame.body.size() + frame.zeros;
}

}  // namespace volley
