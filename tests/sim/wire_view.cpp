#include "wire_view.hpp"

#include <algorithm>

namespace volley::sim {
namespace {

std::uint64_t big_endian(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i]);
  }
  return value;
}

bool all_zeros(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
}

constexpr std::uint64_t kTopSequence = 0x7fffffff;

}  // namespace

std::optional<WireHeader> read_header(Bytes datagram) {
  if (datagram.size() < kHeaderSize || big_endian(datagram, 0, 2) != 0x0401) return std::nullopt;
  const std::uint64_t flags = big_endian(datagram, 2, 1);
  WireHeader header{.from_server = flags == 1,
                    .turn = static_cast<std::uint8_t>(big_endian(datagram, 3, 1)),
                    .client_id = big_endian(datagram, 4, 8),
                    .epoch = big_endian(datagram, 12, 8),
                    .ticket = big_endian(datagram, 20, 8),
                    .note = static_cast<std::uint32_t>(big_endian(datagram, 28, 4))};
  if (flags > 1 || header.client_id == 0) return std::nullopt;
  if (header.from_server && (header.epoch == 0 || header.ticket == 0)) return std::nullopt;
  if (!header.from_server && (header.note == 0 || header.note > kTopSequence + 1)) {
    return std::nullopt;
  }
  return header;
}

std::optional<WireFrame> FrameWalk::fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<WireFrame> FrameWalk::next() {
  if (more_ > 0) return take_sharing();
  if (rest_.empty()) return std::nullopt;
  const WireFrame frame{.type = static_cast<WireType>(big_endian(rest_, 0, 1))};
  switch (frame.type) {
    case WireType::kPad:
      if (!all_zeros(rest_)) return fail();
      rest_ = {};
      return std::nullopt;
    case WireType::kRequest:
    case WireType::kReply:
      return take_message(frame);
    case WireType::kNack:
      return take_answerable(frame, 12);
    case WireType::kWorking:
    case WireType::kProbe:
      return take_answerable(frame, 8);
    case WireType::kPing:
    case WireType::kPong:
      return take_echo(frame);
  }
  return fail();
}

std::optional<WireFrame> FrameWalk::take_answerable(WireFrame frame, std::size_t head) {
  if (rest_.size() < head) return fail();
  frame.flags = static_cast<std::uint8_t>(big_endian(rest_, 1, 1));
  frame.attempt = static_cast<std::uint8_t>(big_endian(rest_, 2, 1));
  const bool nack = frame.type == WireType::kNack;
  const std::uint8_t most = nack ? 4 : frame.type == WireType::kProbe ? 0 : 1;
  if (frame.attempt == 0 || rest_[3] != std::byte{} || frame.flags > most) return fail();
  if (nack && frame.flags == 0) return fail();
  const std::uint64_t seq = big_endian(rest_, 4, 4);
  if (seq == 0 || seq > kTopSequence) return fail();
  frame.seq = static_cast<std::uint32_t>(seq);
  frame.size = head;
  if (nack) frame.detail = static_cast<std::uint32_t>(big_endian(rest_, 8, 4));
  rest_ = rest_.subspan(frame.size);
  return frame;
}

std::optional<WireFrame> FrameWalk::take_message(WireFrame frame) {
  if (rest_.size() < 12) return fail();
  frame.flags = static_cast<std::uint8_t>(big_endian(rest_, 1, 1));
  frame.attempt = static_cast<std::uint8_t>(big_endian(rest_, 2, 1));
  const std::uint64_t more = big_endian(rest_, 3, 1);
  const std::uint64_t seq = big_endian(rest_, 4, 4);
  const std::uint64_t length = big_endian(rest_, 10, 2);
  if (frame.attempt == 0 || frame.flags > 1) return fail();
  if (seq == 0 || seq + more > kTopSequence) return fail();
  if (more > 0 && length == 0) return fail();
  if (length * (more + 1) > rest_.size() - 12) return fail();
  frame.seq = static_cast<std::uint32_t>(seq);
  frame.status = static_cast<std::uint16_t>(big_endian(rest_, 8, 2));
  frame.size = 12 + length;
  frame.body = rest_.subspan(12, length);
  rest_ = rest_.subspan(frame.size);
  shared_ = frame;
  more_ = more;
  return frame;
}

std::optional<WireFrame> FrameWalk::take_sharing() {
  --more_;
  ++shared_.seq;
  shared_.body = rest_.first(shared_.body.size());
  rest_ = rest_.subspan(shared_.body.size());
  return shared_;
}

std::optional<WireFrame> FrameWalk::take_echo(WireFrame frame) {
  if (rest_.size() < 12 || rest_[1] != std::byte{}) return fail();
  const std::uint64_t length = big_endian(rest_, 2, 2);
  frame.opaque = big_endian(rest_, 4, 8);
  frame.size = 12 + length;
  if (rest_.size() < frame.size || !all_zeros(rest_.subspan(12, length))) return fail();
  rest_ = rest_.subspan(frame.size);
  return frame;
}

WireWriter::WireWriter(const WireHeader& header) {
  put(0x0401, 2);
  put(header.from_server ? 1 : 0, 1);
  put(header.turn, 1);
  put(header.client_id, 8);
  put(header.epoch, 8);
  put(header.ticket, 8);
  put(header.note, 4);
}

void WireWriter::put(std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) {
    bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
}

WireWriter& WireWriter::request(std::uint32_t seq, std::uint8_t attempt, bool idempotent,
                                Bytes body) {
  put(1, 1);
  put(idempotent ? 1 : 0, 1);
  put(attempt, 1);
  put(0, 1);
  put(seq, 4);
  put(0, 2);
  put(body.size(), 2);
  bytes_.insert(bytes_.end(), body.begin(), body.end());
  return *this;
}

WireWriter& WireWriter::probe(std::uint32_t seq, std::uint8_t attempt) {
  put(0x0500, 2);
  put(attempt, 1);
  put(0, 1);
  put(seq, 4);
  return *this;
}

WireWriter& WireWriter::nack(std::uint32_t seq, std::uint8_t attempt, WireNack code) {
  put(3, 1);
  put(static_cast<std::uint64_t>(code), 1);
  put(attempt, 1);
  put(0, 1);
  put(seq, 4);
  put(0, 4);
  return *this;
}

WireWriter& WireWriter::working(std::uint32_t seq, std::uint8_t attempt) {
  put(0x0400, 2);
  put(attempt, 1);
  put(0, 1);
  put(seq, 4);
  return *this;
}

WireWriter& WireWriter::reply(std::uint32_t seq, std::uint8_t attempt, Bytes body) {
  put(0x0200, 2);
  put(attempt, 1);
  put(0, 1);
  put(seq, 4);
  put(0, 2);
  put(body.size(), 2);
  bytes_.insert(bytes_.end(), body.begin(), body.end());
  return *this;
}

WireWriter& WireWriter::ping(std::uint64_t opaque, std::uint16_t length) {
  put(0x0600, 2);
  put(length, 2);
  put(opaque, 8);
  bytes_.resize(bytes_.size() + length);
  return *this;
}

WireWriter& WireWriter::pad(std::size_t size) {
  bytes_.resize(bytes_.size() + size);
  return *this;
}

}  // namespace volley::sim
