#pragma once

#include <cstddef>

#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {

// How requests are let run: inline, since all of them pass here.

[[gnu::always_inline]] inline const Execution* ServerState::poll_request(Instant now) {
  settle();
  while (true) {
    while (at_hand.left > 0) {
      const Bytes body = take_up_next();
      const bool late = now - at_hand.handler.started > at_hand.patience;
      const bool runs = at_hand.execution.idempotent ? take_idempotent(late)
                                                     : take_numbered(body.size(), late, now);
      if (runs) return start(body);
    }
    MessageRun requests;
    if (at_hand.frames.next_run(FrameType::kRequest, requests)) {
      take_up(requests);
    } else if (!answer_other(now)) {
      at_hand.frames = FrameReader{Bytes{}};  // It may end in PAD, and is not borrowed any more.
      close_page();
      if (at_hand.context != nullptr) contexts.trim(*at_hand.context);
      return nullptr;
    }
  }
}

/// The next of the requests at hand acts from now on: its body.
inline Bytes ServerState::take_up_next() {
  const Bytes body{at_hand.next, at_hand.execution.body.size()};
  at_hand.next += body.size();
  --at_hand.left;
  ++at_hand.handler.number;
  return body;
}

inline bool ServerState::take_numbered(std::size_t body, bool late, Instant now) {
  const NumberState* const place = admit(now);
  if (place == nullptr) return false;
  const NumberState state = *place;
  const bool again = planted(Bug::kRefusedRunsLater) && state.kind() == NumberState::Kind::kRefused;
  if (!state.is_new() && !again) {
    answer_known(state);
    return false;
  }
  if (late || !has_room_to_run(body)) {
    turn_down();
    return false;
  }
  return true;
}

/// Where the number's state is: protocol.md §6.4, the rows above those that ask for it. nullptr if
/// one of them answered.
inline NumberState* ServerState::admit(Instant now) {
  at_hand.state = at_hand.ring.find(at_hand.handler.number);
  return at_hand.state != nullptr ? at_hand.state : make_place(now);
}

/// protocol.md §6.5: whether there is room to run, and on the page at hand for the reply to a
/// request with so long a body. (Not handed on whole: then it would have to be in memory.)
inline bool ServerState::has_room_to_run(std::size_t body) {
  const bool known = at_hand.may_run && at_hand.page.next() == at_hand.handler.number &&
                     at_hand.page.has_room(ReplyStore::kReserve);
  return known || find_room_to_run(body);
}

/// The request at hand has been let run: what its caller is told.
inline const Execution* ServerState::start(Bytes body) {
  prompt_id = running.next_id();
  ++counters.executed;
  at_hand.execution.id = prompt_id;
  at_hand.execution.body = body;
  return &at_hand.execution;
}

}  // namespace volley
