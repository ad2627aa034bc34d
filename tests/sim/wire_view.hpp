#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/bytes.hpp>

namespace volley::sim {

// protocol.md §3 and §4, written down a second time: what the product reads wrong must not be read
// wrong here too.

inline constexpr std::size_t kHeaderSize = 32;

struct WireHeader {
  bool from_server = false;
  std::uint8_t turn = 0;
  std::uint64_t client_id = 0;
  std::uint64_t epoch = 0;
  std::uint64_t ticket = 0;
  std::uint32_t note = 0;  ///< Lowest unfinished, or uptime.
};

enum class WireType : std::uint8_t {
  kPad,
  kRequest,
  kReply,
  kNack,
  kWorking,
  kProbe,
  kPing,
  kPong
};
enum class WireNack : std::uint8_t { kBusy = 1, kNever = 2, kReplyGone = 3, kOverload = 4 };

struct WireFrame {
  WireType type{};
  std::uint8_t flags = 0;  ///< Idempotent, or deferred, or a NACK's code.
  std::uint8_t attempt = 0;
  std::uint32_t seq = 0;
  std::uint16_t status = 0;  ///< Or ttl_ms.
  std::uint32_t detail = 0;
  std::uint64_t opaque = 0;
  Bytes body{};
  std::size_t size = 0;  ///< Of the whole frame, if no other shares it.

  bool idempotent() const { return type == WireType::kRequest && flags == 1; }
  bool deferred() const { return type == WireType::kReply && flags == 1; }
  bool nacks(WireNack code) const {
    return type == WireType::kNack && flags == static_cast<std::uint8_t>(code);
  }
};

/// The header of a clear datagram; nothing if there is none.
std::optional<WireHeader> read_header(Bytes datagram);

/// The frames of one datagram, in order. Messages that share one are told of one by one.
class FrameWalk {
 public:
  explicit FrameWalk(Bytes datagram) : rest_{datagram.subspan(kHeaderSize)} {}

  /// The next; nothing after the last or once one is malformed. PAD is skipped.
  std::optional<WireFrame> next();
  bool malformed() const { return malformed_; }

 private:
  std::optional<WireFrame> fail();
  std::optional<WireFrame> take_answerable(WireFrame frame, std::size_t head);
  std::optional<WireFrame> take_message(WireFrame frame);
  std::optional<WireFrame> take_sharing();
  std::optional<WireFrame> take_echo(WireFrame frame);

  Bytes rest_;
  WireFrame shared_{};    // The message told of last,
  std::size_t more_ = 0;  // and how many are yet to come of its frame: their bodies are the rest.
  bool malformed_ = false;
};

/// Writes datagrams as a stranger would.
class WireWriter {
 public:
  explicit WireWriter(const WireHeader& header);
  WireWriter& request(std::uint32_t seq, std::uint8_t attempt, bool idempotent, Bytes body);
  WireWriter& probe(std::uint32_t seq, std::uint8_t attempt);
  WireWriter& nack(std::uint32_t seq, std::uint8_t attempt, WireNack code);
  WireWriter& working(std::uint32_t seq, std::uint8_t attempt);
  WireWriter& reply(std::uint32_t seq, std::uint8_t attempt, Bytes body);
  WireWriter& ping(std::uint64_t opaque, std::uint16_t length);
  WireWriter& pad(std::size_t size);
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void put(std::uint64_t value, std::size_t size);
  std::vector<std::byte> bytes_;
};

}  // namespace volley::sim
