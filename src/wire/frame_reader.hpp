#pragma once

#include <cstddef>
#include <optional>

#include <volley/bytes.hpp>

#include "wire/frame.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Whether all that follows a datagram's header is frames that this side may send, each as
/// protocol.md §4 draws it. If not, nothing of the datagram may act (§4.1).
bool well_formed(Bytes frames, Side from);

/// A REQUEST or a REPLY as it stands in a datagram: its fields are taken from its head as they are
/// asked for.
struct Message : MessageHead {
  Message() = default;
  Message(const MessageHead& head, Bytes borrowed) : MessageHead{head}, body{borrowed} {}

  bool idempotent() const { return flag(); }       ///< REQUEST.
  bool deferred() const { return flag(); }         ///< REPLY.
  std::uint16_t ttl_ms() const { return word(); }  ///< REQUEST; 0 is no limit.
  std::uint16_t status() const { return word(); }  ///< REPLY.

  Bytes body{};
};
/// All of its fields. Of a copy: one whose address is taken is kept in memory, and messages pass
/// here that nearly always need none of this.
Frame frame_of(Message message);

/// Walks the frames of a datagram, which must be well_formed(): nothing is checked again. If they
/// are not, what it tells means nothing, but it stays within bounds and ends.
class FrameReader {
 public:
  explicit FrameReader(Bytes frames) : rest_{frames} {}

  /// Octets of the frames that are left. There may be PAD among them, but nothing else but PAD.
  std::size_t left() const {
    return rest_.empty() || rest_.front() == std::byte{kPad} ? 0 : rest_.size();
  }

  /// The next frame, its body borrowed from the datagram. None at the end or at PAD.
  std::optional<Frame> next();

  /// The same if it is of that type, REQUEST or REPLY; else no, and next() tells what is there.
  ///
  /// Nearly all are. So this is inline, and gives no std::optional, since a compiler keeps its
  /// value in memory.
  [[gnu::always_inline]] bool next_message(FrameType type, Message& message) {
    if (rest_.size() < MessageHead::kSize) return false;
    const auto head = MessageHead::read(rest_.data());
    const std::size_t size = MessageHead::kSize + head.length();
    if (head.type() != type || size > rest_.size()) return false;
    message = {head, rest_.subspan(MessageHead::kSize, head.length())};
    rest_ = rest_.subspan(size);
    return true;
  }

 private:
  Bytes rest_;
};

}  // namespace volley
