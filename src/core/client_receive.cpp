// What a client hears, and what it makes of it.

#include <algorithm>
#include <chrono>

#include "base/check.hpp"
#include "core/client_end.hpp"
#include "core/client_read.hpp"
#include "core/client_state.hpp"
#include "core/from_server.hpp"
#include "core/planted.hpp"
#include "wire/frame_reader.hpp"

namespace volley {

void ClientState::handle_datagram(const Datagram& datagram, Instant now) {
  read(datagram, now, [this](Slot slot, const Answer& answer) {
    ClientEvent& event = ended_.push();
    event.request = requests_.ended_id(slot);
    event.answer = answer;
    return false;
  });
}

/// protocol.md §2.3, as far as it concerns a whole datagram.
std::expected<ClientState::Opened, Drop> ClientState::open(const Datagram& datagram) const {
  const auto opened = ClearChannel::open(datagram.payload, Side::kServer);
  if (!is_from_server(datagram.peer, options_.server)) {
    // What is wrong with its first octets comes before where it is from.
    return std::unexpected(opened ? Drop::kStranger : std::min(opened.error(), Drop::kStranger));
  }
  if (!opened) return std::unexpected(opened.error());
  const ClientId id = opened->header.client_id;
  if (id != numbers_[0].id() && id != numbers_[1].id()) {
    return std::unexpected(Drop::kUnknownClient);
  }
  const auto frames = check_frames(opened->frames, Side::kServer);
  if (!frames) return std::unexpected(Drop::kMalformed);
  return Opened{opened->header, *frames, opened->frames.empty()};
}

void ClientState::count(Drop drop) {
  switch (drop) {
    case Drop::kShort:
      return void(++counters_.dropped_short);
    case Drop::kType:
      return void(++counters_.dropped_type);
    case Drop::kUnsupported:
      return void(++counters_.dropped_unsupported);
    case Drop::kVersion:
      return void(++counters_.dropped_version);
    case Drop::kStranger:
      return void(++counters_.dropped_stranger);
    case Drop::kDirection:
      return void(++counters_.dropped_direction);
    case Drop::kHeader:
      return void(++counters_.dropped_header);
    case Drop::kUnknownClient:
      return void(++counters_.dropped_unknown_client);
    case Drop::kMalformed:
      return void(++counters_.dropped_malformed);
    case Drop::kStaleEpoch:
      return void(++counters_.stale_epoch);
    case Drop::kLate:
      return void(++counters_.late);
    case Drop::kStaleStamp:
      return void(++counters_.stale_stamp);
    case Drop::kUnsent:
      return void(++counters_.unsent);
    case Drop::kSource:
    case Drop::kMisrouted:
    case Drop::kTicket:
    case Drop::kBelowBase:
    case Drop::kBeyondWindow:
      break;
  }
  VOLLEY_CHECK(false);  // A reason of the server's.
}

/// protocol.md §5.3.
void ClientState::take_header(const ClearHeader& header, bool bare, Instant now) {
  using News = HeldEpoch::News;
  const News news = server_.take(header, bare, now);
  switch (news) {
    case News::kFirst:
      ++counters_.epochs;
      // §5.5: a bare header is a sample for a first contact that was sent once.
      if (bare && contacts_ == 1) rtt_.sample(now - contacted_);
      contact_ = {};
      contacts_ = 0;
      contact_until_ = Instant::min();
      break;
    case News::kFresh:
      break;
    case News::kRestart:
      ++counters_.epochs;
      take_restart(std::chrono::milliseconds{header.note}, now);
      break;
    case News::kStale:
      return count(Drop::kStaleEpoch);
    case News::kLate:
      return;
  }
  if (!bare) return;
  heard_bare_ = now;
  hasten_refused(now);
  close_bare(true, now);
}

/// protocol.md §5.9: another incarnation, that long after it began. What was sent to the one before
/// may have run there, unless this one had begun before the first copy left.
void ClientState::take_restart(Duration uptime, Instant now) {
  const bool returned = server_.returned();
  for (Slot sent = sent_.oldest(); sent != kNoSlot; sent = sent_.after(sent)) take_apart(sent);
  requests_.for_each([&](Slot slot) {
    ClientRequest& request = requests_[slot];
    if (page_of_[slot] != kNoSlot || !request.was_sent()) return;
    request.stamped = false;
    if (request.idempotent) {
      request.state = State::kSent;
      return make_due(slot, true, now);
    }
    if (request.state == State::kWorking) {
      return end(slot, Outcome::kExecutedReplyLost, Reason::kRestarted, now);
    }
    const Duration age_now = age(now - request.schedule.start());
    if (returned || (age_now >= uptime && !planted(Bug::kRestampAlways))) {
      return end(slot, Outcome::kUnknown, Reason::kRestarted, now);
    }
    if (age_now >= kCopiesWithin) {
      return end(slot, Outcome::kNotExecuted, Reason::kRestarted, now);
    }
    if (planted(Bug::kStartResets)) request.schedule.restart(now);
    make_due(slot, true, now);
  });
  window_.restart();
}

/// Whether a frame answers an attempt of the request that was sent, and to this server. If not, it
/// is counted why (protocol.md §5.8).
bool ClientState::is_answer(const Frame& frame, const ClientRequest& request, const Heard& heard) {
  const bool stamp_fits = request.stamped && heard.epoch_held;
  if (!stamp_fits && !request.idempotent) {
    count(Drop::kStaleStamp);
    return false;
  }
  if (frame.attempt > request.schedule.attempts()) {
    count(Drop::kUnsent);
    return false;
  }
  return true;
}

/// How long ago the attempt was sent that the frame answers, if it is the first to do so, and did
/// it promptly (protocol.md §5.5). It is a sample, unless another of its datagram was. That the
/// attempt was answered is its caller's to note.
std::optional<Duration> ClientState::round_trip(const ClientRequest& request, const Frame& frame,
                                                Instant now) {
  if (frame.deferred || frame.attempt == kLastAttempt) return std::nullopt;
  const bool latest = frame.attempt == request.schedule.attempts();
  if (latest ? request.answered : request.first_answered) return std::nullopt;
  if (latest && request.datagram != kNoSlot) {
    if (sent_[request.datagram].kind != SentDatagram::Kind::kRequests) return std::nullopt;
    return round_trip(request.datagram, now);
  }
  if (frame.attempt != 1) return std::nullopt;  // When it was sent is known no more.
  const Instant sent = request.schedule.start();
  if (std::exchange(sampled_, sent) != sent) rtt_.sample(now - sent);
  return now - sent;
}

/// The first prompt answer to anything in a datagram.
void ClientState::take_sample(Slot datagram, Instant now) {
  rtt_.sample(now - sent_[datagram].sent);
  answered_ = std::max(answered_, sent_[datagram].order);
}

/// A reply came to a request in the page of that datagram. Its round trip, if the reply was prompt.
std::optional<Duration> ClientState::hear_of_page(Slot datagram, bool deferred, Instant now) {
  sent_.settle(datagram);
  if (deferred) return std::nullopt;
  return round_trip(datagram, now);
}

/// Ends a request whose number a reply has, unless it answers nothing that was sent. It may be in a
/// page, but is none of those that end there.
bool ClientState::end_apart(Slot slot, Frame reply, const Heard& heard, Instant now,
                            Answer& answer) {
  leave_page(slot);
  if (!is_answer(reply, requests_[slot], heard)) return false;
  ++counters_.replies;
  const ClientRequest& request = requests_[slot];
  answer.attempts = request.schedule.attempts();
  answer.elapsed = now - request.made;
  answer.round_trip = round_trip(request, reply, now);
  judge_loss(slot, reply, now);
  leave(slot, true, now);
  return true;
}

/// A frame that is no REPLY.
void ClientState::take_frame(const Frame& frame, const Heard& heard, Instant now) {
  if (frame.type == FrameType::kPong) return take_pong(frame, now);
  const Slot slot = heard.numbers.find(frame.sequence);
  if (slot == kNoSlot) return count(Drop::kLate);
  leave_page(slot);
  if (!is_answer(frame, requests_[slot], heard)) return;
  ClientRequest& request = requests_[slot];
  round_trip(request, frame, now);
  judge_loss(slot, frame, now);
  const unsigned latest = std::min<unsigned>(request.schedule.attempts(), kLastAttempt);
  if (frame.attempt == latest) request.answered = true;
  if (frame.attempt == 1) request.first_answered = true;
  if (frame.type == FrameType::kNack) return take_nack(slot, frame, now);
  request.state = State::kWorking;
  request.overloaded = false;
  rest(slot, std::nullopt, now);
}

void ClientState::take_nack(Slot slot, const Frame& nack, Instant now) {
  ClientRequest& request = requests_[slot];
  const bool refused = nack.code == NackCode::kBusy || nack.code == NackCode::kNever;
  if (nack.code == NackCode::kReplyGone) {
    return end(slot, Outcome::kExecutedReplyLost, Reason::kReplyGone, now);
  }
  if (refused && !request.idempotent) {
    if (request.state == State::kWorking) {
      return end(slot, Outcome::kExecutedReplyLost, Reason::kForgotten, now);
    }
    const bool old = age(now - request.schedule.start()) >= kRefusalsWithin;
    if (old && !planted(Bug::kNeverBelievedLate)) {
      return end(slot, Outcome::kUnknown, Reason::kForgotten, now);
    }
    const Reason reason = nack.code == NackCode::kBusy ? Reason::kBusy : Reason::kNever;
    return end(slot, Outcome::kNotExecuted, reason, now);
  }
  // It goes on, but not before the server asked for it.
  request.overloaded = nack.code == NackCode::kOverload;
  const Duration detail =
      nack.code == NackCode::kNever ? Duration::zero() : std::chrono::milliseconds{nack.detail};
  // What was about to be sent again is not: that it had been hastened must not cut its wait short.
  const Instant end_of_wait = request.datagram == kNoSlot
                                  ? later(now, request.schedule.backoff())
                                  : wait_end(sent_[request.datagram], request);
  rest(slot, std::max(end_of_wait, now + detail), now);
}

void ClientState::take_pong(const Frame& frame, Instant now) {
  if (pings_.answered(frame)) return void(++counters_.pongs_again);
  if (pongs_.full()) return count(Drop::kLate);
  const Slot datagram = pings_.datagram_of(frame.opaque);
  const auto pong = pings_.take(frame, now);
  if (!pong) return count(Drop::kLate);
  if (datagram != kNoSlot) close(datagram, now);
  pongs_.push(*pong);
}

}  // namespace volley
