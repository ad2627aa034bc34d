#pragma once

#include <utility>

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
  if (answered) sent_.settle(waited_in);
  if (datagram.requests.empty()) close(waited_in, now);
}

/// The request is unfinished no more. Its slot is not yet another's.
inline void ClientState::leave(Slot slot, bool answered, Instant now) {
  take_out(slot, answered, now);
  const ClientRequest& request = requests_[slot];
  if (request.sequence != Sequence{}) {
    ClientNumbers& numbers = numbers_[request.numbers];
    numbers.finish(request.sequence);
    if (request.numbers != present_ && numbers.all_finished()) tell_former_ = true;
  }
  requests_.end(slot);
  if (requests_.size() == 0) fall_idle(now);
}

}  // namespace volley
