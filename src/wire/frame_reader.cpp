#include "wire/frame_reader.hpp"

#include <algorithm>
#include <utility>

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

/// Reads one frame that is no message into a fresh one.
void read_frame(ByteReader& in, Frame& frame) {
  frame.type = FrameType{in.u8()};
  switch (frame.type) {
    case FrameType::kRequest:
    case FrameType::kReply:
      break;                // Those are read by take_run().
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

/// Takes the frame that the octets begin with, if it is of that type, REQUEST or REPLY, and as
/// protocol.md §4 draws it.
MessageRun take_run(Bytes& octets, FrameType type) {
  if (octets.size() < MessageHead::kSize) return {};
  const auto head = MessageHead::read(octets.data());
  const std::size_t size = head.frame_size();
  if (!head.is_well_formed(type) || size > octets.size()) return {};
  const Message first{head, octets.subspan(MessageHead::kSize, head.length())};
  octets = octets.subspan(size);
  return {first, head.more() + 1};
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

std::optional<CheckedFrames> check_frames(Bytes frames, Side from) {
  const FrameType type = from == Side::kClient ? FrameType::kRequest : FrameType::kReply;
  const MessageRun first = take_run(frames, type);
  const CheckedFrames checked{.first = first, .rest = FrameReader{frames}};
  while (!frames.empty()) {
    if (!take_run(frames, type).empty()) continue;
    if (frames.front() == std::byte{kPad}) {
      if (!all_zeros(frames)) return std::nullopt;
      break;
    }
    ByteReader in{frames};
    Frame frame;
    read_frame(in, frame);
    if (!in.ok() || sender(frame.type) != from) return std::nullopt;
    frames = in.rest();
  }
  return checked;
}

bool FrameReader::next_run(FrameType type, MessageRun& run) {
  run = take_run(rest_, type);
  return !run.empty();
}

std::optional<Frame> FrameReader::next() {
  if (place_ == run_.size()) {
    place_ = 0;
    if (!next_run(FrameType::kRequest, run_)) next_run(FrameType::kReply, run_);
  }
  if (!run_.empty()) {
    Frame message = frame_of(run_.first());
    message.sequence = run_.sequence(place_);
    message.body = run_.body(place_);
    ++place_;
    return message;
  }
  std::optional<Frame> frame;
  ByteReader in{rest_};
  // At the end it sees a 0 too.
  if (in.peek() == kPad) return frame;
  read_frame(in, frame.emplace());
  rest_ = in.rest();
  return frame;
}

}  // namespace volley
