#pragma once

#include <optional>
#include <utility>

#include <volley/answer.hpp>

#include "core/client_end.hpp"
#include "core/client_state.hpp"
#include "wire/frame_reader.hpp"

namespace volley {

// How replies are read: inline, with whatever is done with each, since all requests pass here.

/// Takes a datagram in, and calls `tell(RequestId, const Answer&)` for each reply in it, whose slot
/// is then the caller's to release; of other ends poll_event() tells. `tell` may make requests.
template <class Tell>
void ClientState::read(const Datagram& datagram, Instant now, Tell tell) {
  ++counters_.received;
  const auto opened = open(datagram);
  if (!opened) return count(opened.error());
  ++heard_;
  resting_ = kNoSlot;
  take_header(opened->header, opened->frames.empty(), now);
  const Heard heard{
      .numbers = numbers_[opened->header.client_id == numbers_[0].id() ? 0 : 1],
      .epoch_held = opened->header.epoch == server_.epoch(),
  };
  FrameReader frames{opened->frames};
  while (true) {
    for (Frame reply; frames.next_message(FrameType::kReply, reply);) {
      const Slot slot = asked(reply.sequence, reply.attempt, heard);
      if (slot == kNoSlot) continue;
      const RequestId id = requests_.id_of(slot);
      const Answer answer = take_reply(slot, reply, now);
      tell(id, answer);
    }
    const auto frame = frames.next();
    if (!frame) return;
    take_frame(*frame, heard, now);
  }
}

/// Whose request a frame answers, so many attempts of which were sent; kNoSlot if it answers none,
/// and then it is counted why (protocol.md §5.8).
[[gnu::always_inline]] inline Slot ClientState::asked(Sequence sequence, unsigned attempt,
                                                      const Heard& heard) {
  const Slot slot = heard.numbers.find(sequence);
  if (slot == kNoSlot) {
    count(Drop::kLate);
    return kNoSlot;
  }
  const ClientRequest& request = requests_[slot];
  const bool stamp_fits = request.stamped && heard.epoch_held;
  if (!stamp_fits && !request.idempotent) {
    count(Drop::kStaleStamp);
    return kNoSlot;
  }
  if (attempt > request.schedule.attempts()) {
    count(Drop::kUnsent);
    return kNoSlot;
  }
  return slot;
}

/// How long ago the attempt was sent that the frame answers, if it is the first to do so, and did
/// it promptly (protocol.md §5.5). It is a sample, unless another of its datagram was. That the
/// attempt was answered is its caller's to note.
[[gnu::always_inline]] inline std::optional<Duration> ClientState::round_trip(
    const ClientRequest& request, const Frame& frame, Instant now) {
  if (frame.deferred || frame.attempt == kLastAttempt) return std::nullopt;
  const bool latest = frame.attempt == request.schedule.attempts();
  if (latest ? request.answered : request.first_answered) return std::nullopt;
  if (latest && request.datagram != kNoSlot) {
    // What shared a datagram measured one round trip, and not many.
    SentDatagram& datagram = sent_[request.datagram];
    if (datagram.kind != SentDatagram::Kind::kRequests) return std::nullopt;
    if (!std::exchange(datagram.sampled, true)) rtt_.sample(now - datagram.sent);
    return now - datagram.sent;
  }
  if (frame.attempt != 1) return std::nullopt;  // When it was sent is known no more.
  const Instant sent = request.schedule.start();
  if (std::exchange(sampled_, sent) != sent) rtt_.sample(now - sent);
  return now - sent;
}

[[gnu::always_inline]] inline Answer ClientState::take_reply(Slot slot, const Frame& reply,
                                                             Instant now) {
  ++counters_.replies;
  mean_reply_ += size_of(reply) - mean_reply_ / 16;
  const ClientRequest& request = requests_[slot];
  const Answer answer{.outcome = Outcome::kReply,
                      .reason = Reason::kNone,
                      .status = reply.status,
                      .body = reply.body,
                      .attempts = request.schedule.attempts(),
                      .elapsed = now - request.made,
                      .round_trip = round_trip(request, reply, now)};
  leave(slot, true, now);
  return answer;
}

}  // namespace volley
