#pragma once

#include <utility>

#include <volley/answer.hpp>

#include "core/client_state.hpp"

namespace volley {

// How a request ends: inline, since all of them do, and nearly all in one place, with a reply.

/// Takes a request out of the one list it is in.
inline void ClientState::take_out(Slot slot, bool answered, Instant now) {
  ClientRequest& request = requests_[slot];
  if (request.datagram == kNoSlot) {
    (request.was_sent() ? due_ : queue_).erase(requests_, slot);
    return;
  }
  const Slot waited_in = std::exchange(request.datagram, kNoSlot);
  SentDatagram& datagram = sent_[waited_in];
  datagram.requests.erase(requests_, slot);
  if (!answered) datagram.all_answered = false;
  if (datagram.requests.empty()) close(waited_in, now);
}

/// Ends a request. What came with its end is the caller's to fill in.
inline Answer& ClientState::end(Slot slot, Outcome outcome, Reason reason, Instant now) {
  take_out(slot, outcome == Outcome::kReply, now);
  const ClientRequest& request = requests_[slot];
  ClientEvent& event = ended_.push();
  event.request = requests_.id_of(slot);
  // Field by field, in the place of an older one: an Answer made first would be copied.
  if (!event.answer) event.answer.emplace();
  Answer& answer = *event.answer;
  answer.outcome = outcome;
  answer.reason = reason;
  answer.status = 0;
  answer.body = {};
  answer.attempts = request.schedule.attempts();
  answer.elapsed = now - request.made;
  answer.round_trip.reset();
  answer.hint.reset();
  if (hinted_ >= request.made && outcome != Outcome::kReply) answer.hint = hint_;

  if (request.sequence != Sequence{}) {
    ClientNumbers& numbers = numbers_[request.numbers];
    numbers.finish(request.sequence);
    if (request.numbers != present_ && numbers.all_finished()) tell_former_ = true;
  }
  requests_.end(slot);
  if (requests_.size() == 0) fall_idle(now);
  return answer;
}

}  // namespace volley
