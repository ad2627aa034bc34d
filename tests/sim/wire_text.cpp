#include "wire_text.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "wire_view.hpp"

namespace volley::sim {
namespace {

std::string describe_frame(const WireFrame& frame) {
  constexpr std::array<std::string_view, 5> kCodes{"?", "BUSY", "NEVER", "REPLY_GONE", "OVERLOAD"};
  switch (frame.type) {
    case WireType::kPad:
      return "PAD";
    case WireType::kRequest:
      return fmt::format("REQUEST{} {}/{} {} B", frame.flags == 1 ? "?" : "", frame.seq,
                         frame.attempt, frame.body.size());
    case WireType::kReply:
      return fmt::format("REPLY {}/{} {} B", frame.seq, frame.attempt, frame.body.size());
    case WireType::kNack:
      return fmt::format("{} {}/{}", kCodes[frame.flags], frame.seq, frame.attempt);
    case WireType::kWorking:
      return fmt::format("WORKING {}/{}", frame.seq, frame.attempt);
    case WireType::kProbe:
      return fmt::format("PROBE {}/{}", frame.seq, frame.attempt);
    case WireType::kPing:
      return fmt::format("PING {} B", frame.size);
    case WireType::kPong:
      return fmt::format("PONG {} B", frame.size);
  }
  return "?";
}

}  // namespace

std::string describe_datagram(Bytes datagram) {
  const auto header = read_header(datagram);
  if (!header) return fmt::format("{} B of something else", datagram.size());
  std::string text = fmt::format(
      "{} B c={:04x} e={:04x} t={:04x} {}={}", datagram.size(), header->client_id >> 48U,
      header->epoch >> 48U, header->ticket >> 48U, header->from_server ? "up" : "L", header->note);
  if (datagram.size() == kHeaderSize || !header->from_server) {
    text += fmt::format(" turn={}", header->turn);
  }
  FrameWalk walk{datagram};
  constexpr int kShown = 6;
  int frames = 0;
  while (const auto frame = walk.next()) {
    if (frames++ < kShown) text += " | " + describe_frame(*frame);
  }
  if (frames > kShown) text += fmt::format(" | and {} more", frames - kShown);
  if (walk.malformed()) text += " | malformed";
  return text;
}

}  // namespace volley::sim
