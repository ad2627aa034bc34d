#include "wire/frame_reader.hpp"

#include "wire/byte_reader.hpp"

namespace volley {
namespace {

// What follows is inlined into both callers: it is most of the work that a datagram makes, and
// takes three times as long where the reader's state goes through memory.

/// An octet of flags of which only the lowest has a meaning.
[[gnu::always_inline]] inline bool read_flag(ByteReader& in) {
  const auto flags = in.u8();
  in.require(flags <= 1);
  return flags == 1;
}

// 2 attempt | 3 zero | 4 seq 4
[[gnu::always_inline]] inline void read_number(ByteReader& in, Frame& frame) {
  frame.attempt = in.u8();
  in.zeros(1);
  frame.sequence = Sequence{in.u32()};
  in.require(frame.attempt != 0);
  in.require(frame.sequence != Sequence{} && frame.sequence <= kLastSequence);
}

/// Reads one frame into a fresh one.
[[gnu::always_inline]] inline void read_frame(ByteReader& in, Frame& frame) {
  frame.type = FrameType{in.u8()};
  switch (frame.type) {
    case FrameType::kRequest:  // 0 type | 1 flags | 2 number | 8 ttl_ms 2 | 10 length 2 | 12 body
      frame.idempotent = read_flag(in);
      read_number(in, frame);
      frame.ttl_ms = in.u16();
      frame.body = in.bytes(in.u16());
      return;
    case FrameType::kReply:  // 0 type | 1 flags | 2 number | 8 status 2 | 10 length 2 | 12 body
      frame.deferred = read_flag(in);
      read_number(in, frame);
      frame.status = in.u16();
      frame.body = in.bytes(in.u16());
      return;
    case FrameType::kNack:  // 0 type | 1 code | 2 number | 8 detail 4
      frame.code = NackCode{in.u8()};
      in.require(frame.code >= NackCode::kBusy && frame.code <= NackCode::kOverload);
      read_number(in, frame);
      frame.detail = in.u32();
      return;
    case FrameType::kWorking:  // 0 type | 1 flags | 2 number
      frame.deferred = read_flag(in);
      read_number(in, frame);
      return;
    case FrameType::kProbe:  // 0 type | 1 zero | 2 number
      in.zeros(1);
      read_number(in, frame);
      return;
    case FrameType::kPing:
    case FrameType::kPong:  // 0 type | 1 zero | 2 length 2 | 4 opaque 8 | 12 zeros
      in.zeros(1);
      frame.zeros = in.u16();
      frame.opaque = in.u64();
      in.zeros(frame.zeros);
      return;
  }
  in.require(false);
}

}  // namespace

bool well_formed(Bytes frames, Side from) {
  ByteReader in{frames};
  while (in.ok() && in.left() > 0) {
    if (in.peek() == kPad) {
      in.zeros(in.left());
      continue;
    }
    Frame frame;
    read_frame(in, frame);
    in.require(sender(frame.type) == from);
  }
  return in.ok();
}

std::optional<Frame> FrameReader::next() {
  std::optional<Frame> frame;
  ByteReader in{rest_};
  // At the end it sees a 0 too.
  if (in.peek() == kPad) return frame;
  read_frame(in, frame.emplace());
  rest_ = in.rest();
  return frame;
}

}  // namespace volley
