#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

// protocol.md §6.9.
constexpr std::uint32_t kBusyDetail = 10;
constexpr std::uint32_t kOverloadDetail = 1'000;

/// Octets of REPLY frames with which one datagram's share of kept replies is used up.
constexpr std::size_t kMostRepeated = kMaxDatagram;

std::uint32_t number_of(const Frame& frame) {
  return std::to_underlying(frame.sequence);
}

bool may_run(NumberState state) {
  return state.kind() == NumberState::Kind::kNew ||
         (planted(Bug::kRefusedRunsLater) && state.kind() == NumberState::Kind::kRefused);
}

}  // namespace

const Execution* ServerCore::State::poll_request(Instant now) {
  settle();
  while (const auto frame = at_hand.frames.next()) {
    const bool first = std::exchange(at_hand.at_start, false);
    if (frame->type == FrameType::kRequest) {
      const bool runs =
          frame->idempotent ? take_idempotent(*frame, now) : take_numbered(*frame, now);
      if (runs) return start(*frame);
    } else if (frame->type == FrameType::kProbe) {
      answer_probe(*frame, now);
    } else {
      echo(*frame, first);
    }
  }
  return nullptr;
}

// protocol.md §4.7: the answer to a PING on its own is on its own.
void ServerCore::State::echo(const Frame& ping, bool first) {
  FrameReader rest = at_hand.frames;
  send({.kind = QueuedAnswer::Kind::kPong,
        .alone = first && !rest.next(),
        .zeros = ping.zeros,
        .route = held(at_hand.route),
        .opaque = ping.opaque});
}

void ServerCore::State::answer_probe(const Frame& probe, Instant now) {
  Context* const context = admit(probe, now);
  if (context == nullptr) return;
  const NumberState state = contexts.state(*context, number_of(probe));
  if (state.kind() != NumberState::Kind::kNew) return answer_known(probe, state);
  if (!planted(Bug::kProbeNoTombstone)) {
    contexts.set(*context, number_of(probe), NumberState::refused());
  }
  nack(probe, NackCode::kNever);
}

bool ServerCore::State::take_numbered(const Frame& request, Instant now) {
  Context* const context = admit(request, now);
  if (context == nullptr) return false;
  const NumberState state = contexts.state(*context, number_of(request));
  if (!may_run(state)) {
    answer_known(request, state);
    return false;
  }
  const Block room = is_late(request, now) ? kNoBlock : room_to_run(*context);
  if (room == kNoBlock) {
    contexts.set(*context, number_of(request), NumberState::refused());
    nack(request, NackCode::kBusy, kBusyDetail);
    return false;
  }
  prompt.context = context;
  prompt.room = room;
  return true;
}

// protocol.md §6.6: no context, no look-up, no window.
bool ServerCore::State::take_idempotent(const Frame& request, Instant now) {
  const bool room = !draining && !running.full() && !is_late(request, now);
  const AddressShare* const share = room ? routes.share_of(at_hand.route) : nullptr;
  if (share == nullptr || !shares.may_run(*share)) {
    nack(request, NackCode::kBusy, kBusyDetail);
    return false;
  }
  prompt.context = nullptr;
  prompt.room = kNoBlock;
  return true;
}

/// The context, with room for the number's state: protocol.md §6.4, the rows above those that ask
/// for it. nullptr if one of them answered.
Context* ServerCore::State::admit(const Frame& frame, Instant now) {
  Context* const context = at_hand.context;
  const bool in_ring = context != nullptr && number_of(frame) >= context->base &&
                       ContextTable::has_room(*context, number_of(frame));
  return in_ring ? context : make_place(frame, now);
}

Context* ServerCore::State::make_place(const Frame& frame, Instant now) {
  const bool known = at_hand.context != nullptr;
  const std::uint32_t base = known ? at_hand.context->base : at_hand.lowest;
  if (number_of(frame) < base) {
    drop(Drop::kBelowBase);
    return nullptr;
  }
  if (number_of(frame) - base >= kWindow) {
    drop(Drop::kBeyondWindow);
    return nullptr;
  }
  if (known || make_context(now)) {
    if (contexts.make_room(*at_hand.context, number_of(frame))) return at_hand.context;
    if (!known) contexts.forget(*std::exchange(at_hand.context, nullptr));
  }
  nack(frame, NackCode::kOverload, kOverloadDetail);
  return nullptr;
}

// protocol.md §6.4, the rows of what is not new.
void ServerCore::State::answer_known(const Frame& frame, NumberState state) {
  switch (state.kind()) {
    case NumberState::Kind::kNew:
      break;
    case NumberState::Kind::kRefused:
      return nack(frame, NackCode::kNever);
    case NumberState::Kind::kDone:
      return nack(frame, NackCode::kReplyGone);
    case NumberState::Kind::kKept:
      return send_again(frame, state.reply());
    case NumberState::Kind::kRunning:
      follow(running.at(state.slot()), frame);
      return send({.kind = QueuedAnswer::Kind::kWorking,
                   .attempt = frame.attempt,
                   .route = held(at_hand.route),
                   .number = number_of(frame)});
  }
  VOLLEY_CHECK(false);  // It is new.
}

// protocol.md §6.7: one datagram draws so much of what is kept, and the next one the rest.
void ServerCore::State::send_again(const Frame& frame, Block reply) {
  if (at_hand.repeated >= kMostRepeated) {
    ++counters.held_back;
    return;
  }
  at_hand.repeated += replies.frame(reply).size();
  ++counters.repeated;
  replies.hold_again(reply);
  send_reply({.kind = QueuedAnswer::Kind::kReply,
              .attempt = frame.attempt,
              .route = held(at_hand.route),
              .number = number_of(frame),
              .reply = reply});
}

// protocol.md §6.1: a reply goes where the latest copy or PROBE came from. One that was overtaken
// by a later one on its way does not take it back.
void ServerCore::State::follow(Running& handler, const Frame& frame) {
  if (frame.attempt < handler.attempt) return;
  routes.let_go(std::exchange(handler.route, held(at_hand.route)));
  handler.attempt = frame.attempt;
  handler.arrival = arrivals;
}

bool ServerCore::State::is_late(const Frame& request, Instant now) const {
  return request.ttl_ms != 0 && now - at_hand.received > std::chrono::milliseconds{request.ttl_ms};
}

/// protocol.md §6.5: room for a reply, reserved, if there is room to run at all; kNoBlock if not.
Block ServerCore::State::room_to_run(Context& context) {
  if (draining || running.full() || context.running >= options.limits.running_per_client ||
      !shares.may_run(*context.share) || !contexts.take_room(context, ReplyStore::kReserveUnits)) {
    return kNoBlock;
  }
  const Block room = replies.reserve(ReplyStore::kReserve);
  if (room == kNoBlock) ContextTable::give_room(context, ReplyStore::kReserveUnits);
  return room;
}

/// Fills in the rest of a handler that has been let run, and what its caller is told.
const Execution* ServerCore::State::start(const Frame& request) {
  prompt_id = running.next_id();
  prompt.started = at_hand.received;
  prompt.number = number_of(request);
  prompt.route = held(at_hand.route);
  prompt.arrival = arrivals;
  prompt.allowed = at_hand.allowed;
  prompt.attempt = request.attempt;
  prompt.turn = at_hand.turn;
  ++counters.executed;
  at_hand.execution.id = prompt_id;
  at_hand.execution.body = request.body;
  at_hand.execution.idempotent = request.idempotent;
  return &at_hand.execution;
}

/// Enters the handler started last into the tables, if it has not ended yet.
void ServerCore::State::settle() {
  if (std::exchange(prompt_id, ExecutionId{}) == ExecutionId{}) return;
  const Slot slot = running.add(prompt);
  if (prompt.context == nullptr) {
    AddressShares::take_running(*routes.share_of(prompt.route));
    return;
  }
  ++prompt.context->running;
  AddressShares::take_running(*prompt.context->share);
  contexts.set(*prompt.context, prompt.number, NumberState::running(slot));
}

void ServerCore::State::nack(const Frame& frame, NackCode code, std::uint32_t detail) {
  send({.kind = QueuedAnswer::Kind::kNack,
        .attempt = frame.attempt,
        .code = code,
        .alone = at_hand.allowed != 0,
        .route = held(at_hand.route),
        .number = number_of(frame),
        .detail = detail});
}

}  // namespace volley
