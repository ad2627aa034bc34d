#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <volley/bytes.hpp>

#include "wire/frame.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

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
/// All of its fields, as if it had a frame of its own. Of a copy: one whose address is taken is
/// kept in memory, and messages pass here that nearly always need none of this.
Frame frame_of(Message message);

/// The messages of one frame, nearly always all that were sent together: they have consecutive
/// numbers, and what its head tells, all tell.
class MessageRun {
 public:
  MessageRun() = default;
  MessageRun(const Message& first, std::size_t size) : first_{first}, size_{size} {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// What all tell, of a run that is not empty.
  const Message& first() const { return first_; }

  /// The head of the messages from that place on, so many, as a frame of their own.
  MessageHead head(std::size_t place, std::size_t count) const {
    return first_.numbered(sequence(place), count);
  }
  /// Their bodies.
  Bytes bodies(std::size_t place, std::size_t count) const {
    return {body(place).data(), count * first_.body.size()};
  }

  // Of each, by its place in the run.

  Sequence sequence(std::size_t place) const {
    return Sequence{static_cast<std::uint32_t>(std::to_underlying(first_.sequence()) + place)};
  }
  Bytes body(std::size_t place) const {
    const std::size_t size = first_.body.size();
    return {first_.body.data() + place * size, size};
  }

 private:
  Message first_;
  std::size_t size_ = 0;
};

/// Walks the frames of a datagram, which must be well_formed(): nothing is checked again. If they
/// are not, what it tells means nothing, but it stays within bounds and ends.
class FrameReader {
 public:
  explicit FrameReader(Bytes frames) : rest_{frames} {}

  /// Octets of the frames that are left. There may be PAD among them, but nothing else but PAD.
  std::size_t left() const {
    return rest_.empty() || rest_.front() == std::byte{kPad} ? 0 : rest_.size();
  }

  /// The next frame, its body borrowed from the datagram. None at the end or at PAD. Messages that
  /// share a frame come as if each had its own.
  std::optional<Frame> next();

  /// The messages of the next frame if it is of that type, REQUEST or REPLY; else no, and next()
  /// tells what is there. Requires that next() is not within a frame.
  bool next_run(FrameType type, MessageRun& run);

 private:
  Bytes rest_;
  MessageRun run_{};       // The frame that next() is within,
  std::size_t place_ = 0;  // and how far it is.
};

/// The frames of a datagram that are well_formed(): the messages of the first, and a reader of the
/// others.
struct CheckedFrames {
  MessageRun first;
  FrameReader rest;
};
/// Checks all that follows a datagram's header: nothing, unless it is frames that this side may
/// send, each as protocol.md §4 draws it. If not, nothing of the datagram may act (§4.1).
std::optional<CheckedFrames> check_frames(Bytes frames, Side from);
/// The same, for who walks them some other way.
inline bool well_formed(Bytes frames, Side from) {
  return check_frames(frames, from).has_value();
}

}  // namespace volley
