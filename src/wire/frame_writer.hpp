#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "base/copy.hpp"
#include "wire/byte_writer.hpp"
#include "wire/frame.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Writes a REQUEST or a REPLY to where there is room for it. Always inline: callers know the type.
[[gnu::always_inline]] inline void write_message(const Frame& frame, std::byte* to) {
  const bool request = frame.type == FrameType::kRequest;
  const MessageHead head{{.type = frame.type,
                          .flag = request ? frame.idempotent : frame.deferred,
                          .attempt = frame.attempt,
                          .sequence = frame.sequence,
                          .word = request ? frame.ttl_ms : frame.status,
                          .length = static_cast<std::uint16_t>(frame.body.size())}};
  VOLLEY_CHECK(head.is_well_formed(frame.type) && frame.body.size() <= kMaxBody &&
               frame.zeros == 0);
  head.write(to);
  copy(frame.body, to + MessageHead::kSize);
}

/// Writes frames one after the other into borrowed memory: what follows a datagram's header.
class FrameWriter {
 public:
  explicit FrameWriter(MutableBytes out) : out_{out} {}

  /// Adds a frame, copying its body. Where it does not fit nothing is written, and the answer is
  /// no. Requires the ranges of protocol.md §4, and nothing that the frame's type does not have.
  [[nodiscard]] bool write(const Frame& frame);

  /// Adds a copy of frames. Requires room for them.
  void copy(Bytes frames) {
    VOLLEY_CHECK(frames.size() <= room());
    std::memcpy(out_.data() + size_, frames.data(), frames.size());
    size_ += frames.size();
  }
  /// Adds a copy of a REPLY, to answer that attempt. Requires room for it.
  void copy(Bytes reply, std::uint8_t attempt, bool deferred) {
    std::byte* const to = out_.data() + size_;
    // Put together before the copy: as two octets that are put aside meanwhile and read back as
    // one number, the processor would wait for them.
    const std::uint16_t flag_attempt = MessageHead::flag_attempt(deferred, attempt);
    copy(reply);
    MessageHead::address(to, flag_attempt);
  }

  /// Fills up with PAD to `size` octets in all, after which there is no room. Requires
  /// size() <= size <= size() + room().
  void pad_to(std::size_t size);

  std::size_t size() const { return size_; }
  std::size_t room() const { return out_.size() - size_; }

 private:
  static void write_frame(ByteWriter& out, const Frame& frame);
  static void write_number(ByteWriter& out, const Frame& frame);

  MutableBytes out_;
  std::size_t size_ = 0;
};

// Always inline: callers know the type, and then a third of the time is left.
[[gnu::always_inline]] inline bool FrameWriter::write(const Frame& frame) {
  const std::size_t size = size_of(frame);
  if (size > room()) return false;
  if (frame.type == FrameType::kRequest || frame.type == FrameType::kReply) {
    write_message(frame, out_.data() + size_);
  } else {
    ByteWriter out{out_.subspan(size_, size)};
    write_frame(out, frame);
    // Else the frame has a body or zeros, and its type does not.
    VOLLEY_CHECK(out.ok() && out.room() == 0);
  }
  size_ += size;
  return true;
}

inline void FrameWriter::pad_to(std::size_t size) {
  VOLLEY_CHECK(size >= size_ && size <= out_.size());
  out_ = out_.first(size);
  std::ranges::fill(out_.subspan(size_), std::byte{kPad});
  size_ = size;
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
