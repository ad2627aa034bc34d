#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sim/wire_view.hpp"
#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"
#include "target.hpp"
#include "unit/wire/datagrams.hpp"

namespace volley::fuzz {
namespace {

using Octets = std::vector<std::byte>;

bool is_clients(sim::WireType type) {
  return type == sim::WireType::kRequest || type == sim::WireType::kProbe ||
         type == sim::WireType::kPing;
}

/// The field that the other reader has in one place for all types.
std::uint8_t flags_of(const Frame& frame) {
  if (frame.type == FrameType::kNack) return std::to_underlying(frame.code);
  return frame.idempotent || frame.deferred ? 1 : 0;
}

void compare(const Frame& frame, const sim::WireFrame& other) {
  require(std::to_underlying(frame.type) == std::to_underlying(other.type), "both read one type");
  require(size_of(frame) == other.size, "both read one size");
  require(frame.body.data() == other.body.data() || frame.body.empty(), "both read one body");
  require(frame.body.size() == other.body.size(), "both read one length");
  if (frame.type == FrameType::kPing || frame.type == FrameType::kPong) {
    return require(frame.opaque == other.opaque, "both read one opaque");
  }
  require(flags_of(frame) == other.flags, "both read the same flags");
  require(frame.attempt == other.attempt, "both read one attempt");
  require(std::to_underlying(frame.sequence) == other.seq, "both read one number");
  require(frame.detail == other.detail, "both read one detail");
  require((frame.type == FrameType::kRequest ? frame.ttl_ms : frame.status) == other.status,
          "both read one status or ttl");
}

/// The frames as the reader written for the simulator sees them: none if they are malformed.
std::optional<std::vector<sim::WireFrame>> walk_again(Bytes datagram, Side from) {
  sim::FrameWalk walk{datagram};
  std::vector<sim::WireFrame> frames;
  bool wrong_side = false;
  while (const auto frame = walk.next()) {
    wrong_side |= is_clients(frame->type) != (from == Side::kClient);
    frames.push_back(*frame);
  }
  if (walk.malformed() || wrong_side) return std::nullopt;
  return frames;
}

void try_from(Bytes datagram, Side from) {
  const auto header = read_clear_header(datagram, from);
  const auto other = sim::read_header(datagram);
  const bool expected = other && other->from_server == (from == Side::kServer);
  require(header.has_value() == expected, "both readers agree on what is a header");
  if (!header) {
    require(header.error() < Drop::kMisrouted, "the octets of a header are the reason to drop it");
    return;
  }
  require(other->turn == header->turn && ClientId{other->client_id} == header->client_id &&
              Epoch{other->epoch} == header->epoch && Ticket{other->ticket} == header->ticket &&
              other->note == header->note,
          "both readers read one header");
  require(steering(datagram) == steering(header->client_id), "a datagram has one steering value");

  const Bytes frames = datagram.subspan(kHeaderSize);
  const auto again = walk_again(datagram, from);
  const auto checked = check_frames(frames, from);
  require(checked.has_value() == again.has_value(), "both agree on what is well formed");
  const std::vector<Frame> all = walked(frames);
  require(all.size() <= frames.size(), "a walk ends");
  if (!again) return;
  const auto runs =
      walked_from(from == Side::kClient ? FrameType::kRequest : FrameType::kReply, *checked);
  require(all.size() == again->size(), "both read as many frames");
  require(all.size() == runs.size(), "in runs there are as many");
  for (std::size_t i = 0; i < all.size(); ++i) {
    compare(all[i], (*again)[i]);
    compare(runs[i], (*again)[i]);
  }
  // Every field is in range and in order, as what is written again is the same.
  const bool sendable =
      std::ranges::all_of(all, [](const Frame& frame) { return frame.body.size() <= kMaxBody; });
  if (!sendable) return;
  Octets copy(kHeaderSize);
  write_clear_header(*header, copy);
  const Octets frames_again = rewritten(frames);
  copy.insert(copy.end(), frames_again.begin(), frames_again.end());
  require(std::ranges::equal(copy, datagram), "what was read is written as it was");
}

}  // namespace

const std::string_view kTarget = "wire";

void try_input(Bytes input) {
  // A copy as long as it is, so that a sanitizer sees what is read behind its end.
  const Octets datagram(input.begin(), input.end());
  try_from(datagram, Side::kClient);
  try_from(datagram, Side::kServer);
}

std::vector<Octets> seeds() {
  std::vector<Octets> all;
  for (const GoldenDatagram& golden : kGoldenDatagrams) all.push_back(octets(golden.hex));
  return all;
}

}  // namespace volley::fuzz
