#pragma once

#include <chrono>
#include <utility>

#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {

// How requests are let run: inline, since all of them pass here.

[[gnu::always_inline]] inline const Execution* ServerState::poll_request(Instant now) {
  settle();
  while (true) {
    for (Message request; at_hand.frames.next_message(FrameType::kRequest, request);) {
      at_hand.at_start = false;
      take_up(request.sequence(), request.attempt());
      const bool late = is_late(request.ttl_ms(), now);
      const bool runs = request.idempotent() ? take_idempotent(late)
                                             : take_numbered(request.body.size(), late, now);
      if (runs) return start(request.idempotent(), request.body);
    }
    if (!answer_other(now)) {
      close_page();
      if (at_hand.context != nullptr) contexts.trim(*at_hand.context);
      return nullptr;
    }
  }
}

/// From now on the frame with that number and attempt is the one that acts.
inline void ServerState::take_up(Sequence number, std::uint8_t attempt) {
  at_hand.handler.number = std::to_underlying(number);
  at_hand.handler.attempt = attempt;
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
  at_hand.handler.context = at_hand.context;
  return true;
}

/// Where the number's state is: protocol.md §6.4, the rows above those that ask for it. nullptr if
/// one of them answered.
inline NumberState* ServerState::admit(Instant now) {
  at_hand.state = at_hand.ring.find(at_hand.handler.number);
  return at_hand.state != nullptr ? at_hand.state : make_place(now);
}

inline bool ServerState::is_late(std::uint16_t ttl_ms, Instant now) const {
  return ttl_ms != 0 && now - at_hand.handler.started > std::chrono::milliseconds{ttl_ms};
}

/// protocol.md §6.5: whether there is room to run, and on the page at hand for the reply to a
/// request with so long a body. (Not handed on whole: then it would have to be in memory.)
inline bool ServerState::has_room_to_run(std::size_t body) {
  const bool known = at_hand.may_run && at_hand.page.next() == at_hand.handler.number &&
                     at_hand.page.has_room(ReplyStore::kReserve);
  return known || find_room_to_run(body);
}

/// The frame at hand has been let run: what its caller is told.
inline const Execution* ServerState::start(bool idempotent, Bytes body) {
  prompt_id = running.next_id();
  ++counters.executed;
  at_hand.execution.id = prompt_id;
  at_hand.execution.body = body;
  at_hand.execution.idempotent = idempotent;
  return &at_hand.execution;
}

}  // namespace volley
