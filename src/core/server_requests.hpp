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
    for (Frame request; at_hand.frames.next_message(FrameType::kRequest, request);) {
      at_hand.at_start = false;
      take_up(request);
      const bool late = is_late(request, now);
      const bool runs = request.idempotent ? take_idempotent(late) : take_numbered(late, now);
      if (runs) return start(request);
    }
    if (!answer_other(now)) {
      close_page();
      return nullptr;
    }
  }
}

/// From now on that frame, with its number, is the one that acts.
inline void ServerState::take_up(const Frame& frame) {
  at_hand.handler.number = std::to_underlying(frame.sequence);
  at_hand.handler.attempt = frame.attempt;
}

inline bool ServerState::take_numbered(bool late, Instant now) {
  Context* const context = admit(now);
  if (context == nullptr) return false;
  const NumberState state = contexts.state(*context, at_hand.handler.number);
  const bool again = planted(Bug::kRefusedRunsLater) && state.kind() == NumberState::Kind::kRefused;
  if (state.kind() != NumberState::Kind::kNew && !again) {
    answer_known(state);
    return false;
  }
  if (late || !has_room_to_run(*context)) {
    turn_down(*context);
    return false;
  }
  at_hand.handler.context = context;
  return true;
}

/// The context, with room for the number's state: protocol.md §6.4, the rows above those that ask
/// for it. nullptr if one of them answered.
inline Context* ServerState::admit(Instant now) {
  Context* const context = at_hand.context;
  const bool in_ring = context != nullptr && at_hand.handler.number >= context->base &&
                       ContextTable::has_room(*context, at_hand.handler.number);
  return in_ring ? context : make_place(now);
}

inline bool ServerState::is_late(const Frame& request, Instant now) const {
  return request.ttl_ms != 0 &&
         now - at_hand.handler.started > std::chrono::milliseconds{request.ttl_ms};
}

/// protocol.md §6.5: whether there is room to run, and on the page at hand for a reply to just this
/// number.
inline bool ServerState::has_room_to_run(Context& context) {
  const ReplyPage* const page = at_hand.page;
  const bool known = at_hand.may_run && page->next() == at_hand.handler.number &&
                     page->has_room(ReplyStore::kReserve);
  return known || find_room_to_run(context);
}

/// The frame at hand has been let run: what its caller is told.
inline const Execution* ServerState::start(const Frame& request) {
  prompt_id = running.next_id();
  ++counters.executed;
  at_hand.execution.id = prompt_id;
  at_hand.execution.body = request.body;
  at_hand.execution.idempotent = request.idempotent;
  return &at_hand.execution;
}

}  // namespace volley
