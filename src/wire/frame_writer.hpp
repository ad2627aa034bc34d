#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "wire/byte_writer.hpp"
#include "wire/frame.hpp"
#include "wire/message_head.hpp"
#include "wire/message_writer.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// The head of a REQUEST or a REPLY. Always inline: callers know the type.
[[gnu::always_inline]] inline MessageHead head_of(const Frame& frame) {
  const bool request = frame.type == FrameType::kRequest;
  const MessageHead head{{.type = frame.type,
                          .flag = request ? frame.idempotent : frame.deferred,
                          .attempt = frame.attempt,
                          .sequence = frame.sequence,
                          .word = request ? frame.ttl_ms : frame.status,
                          .length = static_cast<std::uint16_t>(frame.body.size())}};
  VOLLEY_CHECK(head.is_well_formed(frame.type) && frame.body.size() <= kMaxBody &&
               frame.zeros == 0);
  return head;
}

/// Writes frames one after the other into borrowed memory: what follows a datagram's header.
/// Messages that differ in nothing but consecutive numbers share one frame.
class FrameWriter {
 public:
  explicit FrameWriter(MutableBytes out) : begin_{out.data()}, out_{out} {}

  /// Adds a frame, copying its body. Where it does not fit nothing is written, and the answer is
  /// no. Requires the ranges of protocol.md §4, and nothing that the frame's type does
  /// not have.
  [[nodiscard]] bool write(const Frame& frame);

  /// Adds a message, or several that share that head. Requires room for them.
  void write(const MessageHead& head, Bytes bodies) {
    VOLLEY_CHECK(head.frame_size() == MessageHead::kSize + bodies.size() &&
                 head.frame_size() <= room());
    if (head.more() == 0) return write_message(head, bodies);
    std::byte* const frame = out_.set_aside(head.frame_size());
    head.write(frame);
    std::memcpy(frame + MessageHead::kSize, bodies.data(), bodies.size());
  }
  /// Adds a copy of frames. Requires room for them.
  void copy(Bytes frames) {
    VOLLEY_CHECK(frames.size() <= room());
    std::memcpy(out_.set_aside(frames.size()), frames.data(), frames.size());
  }

  /// Fills up with PAD to `size` octets in all, after which there is no room. Requires
  /// size() <= size <= size() + room().
  void pad_to(std::size_t size);

  std::size_t size() const { return static_cast<std::size_t>(out_.end() - begin_); }
  std::size_t room() const { return out_.room(); }

 private:
  /// Whether it may share the frame that was written last, and there is room.
  bool shares(const MessageHead& head) const {
    return head.sequence() == next_ && out_.shares(head.numbered(Sequence{}), head.length());
  }
  void write_message(const MessageHead& head, Bytes body);
  static void write_frame(ByteWriter& out, const Frame& frame);
  static void write_number(ByteWriter& out, const Frame& frame);

  std::byte* begin_;
  MessageWriter out_;
  Sequence next_{};       // Behind that of the message written last,
  std::size_t more_ = 0;  // which is so far from the first that shares its frame.
};

// Always inline: callers know the type, and then a third of the time is left.
[[gnu::always_inline]] inline bool FrameWriter::write(const Frame& frame) {
  const std::size_t size = size_of(frame);
  if (frame.type == FrameType::kRequest || frame.type == FrameType::kReply) {
    const MessageHead head = head_of(frame);
    if (!shares(head) && size > room()) return false;
    write_message(head, frame.body);
    return true;
  }
  if (size > room()) return false;
  ByteWriter out{{out_.set_aside(size), size}};
  write_frame(out, frame);
  // Else the frame has a body or zeros, and its type does not.
  VOLLEY_CHECK(out.ok() && out.room() == 0);
  return true;
}

[[gnu::always_inline]] inline void FrameWriter::write_message(const MessageHead& head, Bytes body) {
  if (shares(head)) {
    out_.add(body);
    MessageHead::set_more(out_.frame(), ++more_);
  } else {
    out_.begin(head, body);
    more_ = 0;
  }
  next_ = Sequence{std::to_underlying(head.sequence()) + 1};
}

inline void FrameWriter::pad_to(std::size_t size) {
  VOLLEY_CHECK(size >= this->size() && size <= this->size() + room());
  const std::size_t pad = size - this->size();
  std::ranges::fill(MutableBytes{out_.set_aside(pad), pad}, std::byte{kPad});
  out_ = MessageWriter{{out_.end(), 0}};
}

// protocol.md §4.5 to §4.7; the layouts are drawn in frame_reader.cpp.
[[gnu::always_inline]] inline void FrameWriter::write_frame(ByteWriter& out, const Frame& frame) {
  VOLLEY_CHECK(frame.type >= FrameType::kNack && frame.type <= FrameType::kPong);
  out.u8(std::to_underlying(frame.type));
  switch (frame.type) {
    case FrameType::kRequest:
    case FrameType::kReply:
      return;
    case FrameType::kNack:
      VOLLEY_CHECK(frame.code >= NackCode::kBusy && frame.code <= NackCode::kOverload);
      out.u8(std::to_underlying(frame.code));
      write_number(out, frame);
      return out.u32(frame.detail);
    case FrameType::kWorking:
      out.u8(frame.deferred ? 1 : 0);
      return write_number(out, frame);
    case FrameType::kProbe:
      out.u8(0);
      return write_number(out, frame);
    case FrameType::kPing:
    case FrameType::kPong:
      out.u8(0);
      out.u16(frame.zeros);
      out.u64(frame.opaque);
      return out.zeros(frame.zeros);
  }
}

[[gnu::always_inline]] inline void FrameWriter::write_number(ByteWriter& out, const Frame& frame) {
  VOLLEY_CHECK(frame.attempt != 0);
  VOLLEY_CHECK(frame.sequence != Sequence{} && frame.sequence <= kLastSequence);
  out.u8(frame.attempt);
  out.zeros(1);
  out.u32(std::to_underlying(frame.sequence));
}

}  // namespace volley
