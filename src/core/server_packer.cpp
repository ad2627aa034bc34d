#include <algorithm>
#include <cstring>
#include <utility>

#include <volley/options.hpp>

#include "base/check.hpp"
#include "core/server_state.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

/// protocol.md §3.1: milliseconds, as long as they fit.
std::uint32_t uptime(Instant birth, Instant now) {
  const auto milliseconds = (now - birth) / std::chrono::milliseconds{1};
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(milliseconds, 0, std::int64_t{kUptimeEnd}));
}

}  // namespace

std::optional<Transmit> ServerState::next_transmit(MutableBytes buffer, Instant now) {
  queue_run();
  if (answers.empty()) return std::nullopt;
  VOLLEY_CHECK(buffer.size() >= kMaxDatagram);
  const QueuedAnswer& first = answers.front();
  const bool alone = first.alone;
  const Slot slot = first.route;
  Route& route = routes.at(slot);
  const ClearHeader header{
      .from = Side::kServer,
      .turn = first.kind == QueuedAnswer::Kind::kBare ? first.turn : std::uint8_t{0},
      .client_id = route.client_id,
      .epoch = Epoch{options.incarnation.epoch},
      .ticket = tickets.issue(route.ticket, route.peer, now),
      .note = uptime(options.incarnation.birth, now)};
  Transmit transmit{.peer = route.peer, .local = route.local};
  transmit.alone = alone;
  if (alone) {
    transmit.size = pack_one(buffer, slot, header);
  } else {
    transmit.size = pack_run(buffer, slot, header, transmit);
  }
  counters.sent += transmit.datagrams();
  return transmit;
}

/// protocol.md §8.2: datagrams to one client as one run, each filled up to the length of the first
/// but the last. Gives the octets of all.
std::size_t ServerState::pack_run(MutableBytes buffer, Slot route, const ClearHeader& header,
                                  Transmit& transmit) {
  const std::size_t most =
      routes.at(route).loopback ? options.loopback_datagram_size : kDatagramSize;
  const std::size_t segment = pack(buffer.first(most), route, header);
  // What does not fit into the datagram size goes alone in a longer one (§8.3).
  if (segment == 0) return pack_one(buffer, route, header);
  std::size_t total = segment;
  std::size_t filled = segment;
  for (std::size_t segments = 1; segments < BatchLimits::kSegments; ++segments) {
    // The last one may be shorter, and so far it is the last.
    if (filled + segment > BatchLimits::kRunBytes) break;
    // What is answered again is in no longer datagram, which PAD would make it.
    if (segment > kDatagramSize && !answers.empty() && answers.front().attempt > 1) break;
    const std::size_t size = pack(buffer.subspan(filled, segment), route, header);
    if (size == 0) break;
    std::memset(buffer.data() + total, kPad, filled - total);
    total = filled + size;
    filled += segment;
  }
  if (filled > segment) transmit.segment_size = segment;
  return total;
}

/// Fills one datagram with the next answers that go the same way. 0 if there is none that fits.
std::size_t ServerState::pack(MutableBytes room, Slot route, const ClearHeader& header) {
  // protocol.md §8.1: a larger datagram only for what is answered the first time.
  if (!answers.empty() && answers.front().attempt > 1)
    room = room.first(std::min(room.size(), kDatagramSize));
  const bool large = room.size() > kDatagramSize;
  FrameWriter out{
      room.subspan(ClearChannel::kFront, room.size() - ClearChannel::kFront - ClearChannel::kBack)};
  std::uint32_t done = 0;
  for (; !answers.empty(); ++done) {
    QueuedAnswer& answer = answers.front();
    if (answer.route != route || answer.alone || (large && answer.attempt > 1)) break;
    if (!write(answer, out)) break;
    answers.pop();
  }
  if (out.size() == 0) return 0;
  if (done > 0) routes.let_go(route, done);
  const std::size_t size = ClearChannel::kFront + out.size() + ClearChannel::kBack;
  ClearChannel::seal(header, room.first(size));
  return size;
}

/// Writes the next answer, of a run the first, into a datagram of its own.
std::size_t ServerState::pack_one(MutableBytes buffer, Slot route, const ClearHeader& header) {
  const std::size_t most = kMaxDatagram - ClearChannel::kFront - ClearChannel::kBack;
  FrameWriter out{buffer.subspan(ClearChannel::kFront, most)};
  if (write(answers.front(), out, 1)) {
    answers.pop();
    routes.let_go(route);
  } else {
    VOLLEY_CHECK(out.size() > 0);
  }
  const std::size_t size = ClearChannel::kFront + out.size() + ClearChannel::kBack;
  ClearChannel::seal(header, buffer.first(size));
  return size;
}

/// Writes an answer, or as much of a run as fits and so many REPLYs at most. Whether that is all of
/// it: then it has given up its hold on its page, and that on its route is the caller's.
bool ServerState::write(QueuedAnswer& answer, FrameWriter& out, std::uint32_t most) {
  if (answer.kind != QueuedAnswer::Kind::kReply) return write_other(answer, out);
  ReplyPage& page = replies.at(answer.page);
  ReplyPage::Run run{.first = answer.number, .count = std::min<std::uint32_t>(answer.count, most)};
  Bytes frames = page.frames(run);
  if (frames.size() > out.room()) {
    run.count = page.fitting(run, out.room());
    if (run.count == 0) return false;
    frames = page.frames(run);
  }
  if (answer.count > 1) {
    out.copy(frames);
  } else {
    out.copy(frames, answer.attempt, answer.deferred);
  }
  counters.replied += run.count;
  answer.number += run.count;
  answer.count = static_cast<std::uint16_t>(answer.count - run.count);
  if (answer.count > 0) return false;
  replies.let_go(answer.page);
  return true;
}

bool ServerState::write_other(const QueuedAnswer& answer, FrameWriter& out) {
  const Sequence sequence{answer.number};
  switch (answer.kind) {
    case QueuedAnswer::Kind::kNack:
      if (!out.write({.type = FrameType::kNack,
                      .attempt = answer.attempt,
                      .sequence = sequence,
                      .code = answer.code,
                      .detail = answer.detail})) {
        return false;
      }
      count(answer.code);
      return true;
    case QueuedAnswer::Kind::kWorking:
      if (!out.write({.type = FrameType::kWorking,
                      .attempt = answer.attempt,
                      .deferred = answer.deferred,
                      .sequence = sequence})) {
        return false;
      }
      ++counters.working;
      return true;
    case QueuedAnswer::Kind::kPong:
      if (!out.write({.type = FrameType::kPong, .zeros = answer.count, .opaque = answer.opaque})) {
        return false;
      }
      ++counters.pongs;
      return true;
    case QueuedAnswer::Kind::kBare:
      return true;
    case QueuedAnswer::Kind::kReply:
      break;
  }
  VOLLEY_CHECK(false);  // It is a reply.
}

void ServerState::count(NackCode code) {
  switch (code) {
    case NackCode::kBusy:
      ++counters.busy;
      return;
    case NackCode::kNever:
      ++counters.never;
      return;
    case NackCode::kReplyGone:
      ++counters.reply_gone;
      return;
    case NackCode::kOverload:
      ++counters.overload;
      return;
  }
}

}  // namespace volley
