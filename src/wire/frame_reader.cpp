#include "wire/frame_reader.hpp"

#include "wire/byte_reader.hpp"

namespace volley {
namespace {

/// An octet of flags of which only the lowest has a meaning.
bool read_flag(ByteReader& in) {
  const auto flags = in.u8();
  in.require(flags <= 1);
  return flags == 1;
}

// 2 attempt | 3 zero | 4 seq 4
void read_number(ByteReader& in, Frame& frame) {
  frame.attempt = in.u8();
  in.zeros(1);
  frame.sequence = Sequence{in.u32()};
  in.require(frame.attempt != 0);
  in.require(frame.sequence != Sequence{} && frame.sequence <= kLastSequence);
}

/// Reads one frame into a fresh one.
void read_frame(ByteReader& in, Frame& frame) {
  frame.type = FrameType{in.u8()};
  switch (frame.type) {
    case FrameType::kRequest:
      frame.idempotent = read_flag(in);
      read_number(in, frame);
      frame.ttl_ms = in.u16();
      frame.body = in.bytes(in.u16());
      return;
    case FrameType::kReply:
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

Frame frame_of(Message message) {
  const bool request = message.type() == FrameType::kRequest;
  return {.type = message.type(),
          .attempt = message.attempt(),
          .idempotent = request && message.flag(),
          .deferred = !request && message.flag(),
          .sequence = message.sequence(),
          .ttl_ms = request ? message.word() : std::uint16_t{0},
          .status = request ? std::uint16_t{0} : message.word(),
          .body = message.body};
}

bool well_formed(Bytes frames, Side from) {
  const FrameType message = from == Side::kClient ? FrameType::kRequest : FrameType::kReply;
  Bytes rest = frames;
  while (!rest.empty()) {
    if (rest.size() >= MessageHead::kSize) {
      const auto head = MessageHead::read(rest.data());
      const std::size_t size = MessageHead::kSize + head.length();
      if (head.is_well_formed(message) && size <= rest.size()) {
        rest = rest.subspan(size);
        continue;
      }
    }
    if (rest.front() == std::byte{kPad}) return all_zeros(rest);
    ByteReader in{rest};
    Frame frame;
    read_frame(in, frame);
    if (!in.ok() || sender(frame.type) != from) return false;
    rest = in.rest();
  }
  return true;
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
