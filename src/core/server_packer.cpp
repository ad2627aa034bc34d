#include <algorithm>
#include <cstring>
#include <utility>

#include <volley/options.hpp>

#include "base/check.hpp"
#include "core/server_state.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

/// In a datagram, however short they are: the client reads it as a whole before it sends more.
constexpr std::uint32_t kMostReplies = 256;

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
  const std::uint64_t end = counters.replied + kMostReplies;
  std::uint32_t done = 0;
  for (; !answers.empty() && counters.replied < end; ++done) {
    QueuedAnswer& answer = answers.front();
    if (answer.route != route || answer.alone || (large && answer.attempt > 1)) break;
    if (!write(answer, out, static_cast<std::uint32_t>(end - counters.replied))) break;
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

/// Writes as many of a run's first replies as share a frame and fit, so many at most. How many.
inline std::uint32_t ServerState::write_replies(const QueuedAnswer& answer, FrameWriter& out,
                                                std::uint32_t most) {
  ReplyPage& page = replies.at(answer.page);
  if (most == 1) {
    const Message kept = page.reply(answer.number);
    const bool fits = MessageHead::kSize + kept.body.size() <= out.room();
    if (fits) out.write(kept.addressed(answer.deferred, answer.attempt), kept.body);
    return fits ? 1 : 0;
  }
  const MessageRun kept = page.replies(answer.number);
  const std::size_t body = kept.first().body.size();
  if (MessageHead::kSize + body > out.room()) return 0;
  std::size_t count = std::min<std::size_t>(kept.size(), most);
  if (count > 1) count = std::min(count, (out.room() - MessageHead::kSize) / body);
  out.write(kept.head(0, count), kept.bodies(0, count));
  return static_cast<std::uint32_t>(count);
}

/// Writes an answer, or as much of a run as fits and so many REPLYs at most. Whether that is all of
/// it: then it has given up its hold on its page, and that on its route is the caller's.
bool ServerState::write(QueuedAnswer& answer, FrameWriter& out, std::uint32_t most) {
  if (answer.kind != QueuedAnswer::Kind::kReply) return write_other(answer, out);
  most = std::min<std::uint32_t>(most, answer.count);
  while (most > 0) {
    const std::uint32_t count = write_replies(answer, out, most);
    if (count == 0) break;
    counters.replied += count;
    answer.number += count;
    answer.count = static_cast<std::uint16_t>(answer.count - count);
    most -= count;
  }
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
