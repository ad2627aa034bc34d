#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "core/planted.hpp"
#include "core/server_requests.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

// protocol.md §6.9.
constexpr std::uint32_t kBusyDetail = 10;
constexpr std::uint32_t kOverloadDetail = 1'000;

/// Octets of REPLY frames with which one datagram's share of kept replies is used up.
constexpr std::size_t kMostRepeated = kMaxDatagram;

}  // namespace

/// Has these act next: what they have in common is told at once.
void ServerState::take_up(const MessageRun& requests) {
  const Message& first = requests.first();
  at_hand.at_start = false;
  at_hand.left = requests.size();
  at_hand.next = first.body.data();
  at_hand.patience =
      first.ttl_ms() == 0 ? Duration::max() : std::chrono::milliseconds{first.ttl_ms()};
  at_hand.execution.body = first.body;
  at_hand.execution.idempotent = first.idempotent();
  at_hand.handler.number = std::to_underlying(first.sequence()) - 1;
  at_hand.handler.attempt = first.attempt();
  at_hand.handler.context = first.idempotent() ? nullptr : at_hand.context;
}

/// Answers the next frame, which is no REQUEST; no if there is none.
bool ServerState::answer_other(Instant now) {
  const auto frame = at_hand.frames.next();
  if (!frame) return false;
  const bool first = std::exchange(at_hand.at_start, false);
  if (frame->type == FrameType::kProbe) {
    at_hand.handler.number = std::to_underlying(frame->sequence);
    at_hand.handler.attempt = frame->attempt;
    answer_probe(now);
  } else {
    echo(*frame, first);
  }
  return true;
}

// protocol.md §4.7: the answer to a PING on its own is on its own.
void ServerState::echo(const Frame& ping, bool first) {
  FrameReader rest = at_hand.frames;
  send({.kind = QueuedAnswer::Kind::kPong,
        .alone = first && !rest.next(),
        .count = ping.zeros,
        .route = at_hand.handler.route,
        .opaque = ping.opaque});
}

void ServerState::answer_probe(Instant now) {
  const NumberState* const state = admit(now);
  if (state == nullptr) return;
  if (!state->is_new()) return answer_known(*state);
  if (!planted(Bug::kProbeNoTombstone)) {
    contexts.set(*at_hand.context, at_hand.handler.number, NumberState::refused());
  }
  nack(NackCode::kNever);
}

/// protocol.md §6.5: there is no room to run it, and never will be.
void ServerState::turn_down() {
  contexts.set(*at_hand.context, at_hand.handler.number, NumberState::refused());
  nack(NackCode::kBusy, kBusyDetail);
}

// protocol.md §6.6: no context, no look-up, no window.
bool ServerState::take_idempotent(bool late) {
  const bool room = !draining && !running.full() && !late;
  const AddressShare* const share = room ? routes.share_of(at_hand.handler.route) : nullptr;
  if (share == nullptr || !shares.may_run(*share)) {
    nack(NackCode::kBusy, kBusyDetail);
    return false;
  }
  return true;
}

/// Looks again for where the number's state is, and makes room for it if it may have one.
NumberState* ServerState::make_place(Instant now) {
  queue_run();  // What is known of a context's numbers has to be, before they are moved.
  const bool known = at_hand.context != nullptr;
  const std::uint32_t base = known ? at_hand.context->base : at_hand.lowest;
  if (at_hand.handler.number < base) {
    drop(Drop::kBelowBase);
    return nullptr;
  }
  if (at_hand.handler.number - base >= kWindow) {
    drop(Drop::kBeyondWindow);
    return nullptr;
  }
  if (known || make_context(now)) {
    if (contexts.make_room(*at_hand.context, at_hand.handler.number)) {
      at_hand.ring = contexts.ring_of(*at_hand.context);
      at_hand.state = at_hand.ring.find(at_hand.handler.number);
      at_hand.handler.context = at_hand.context;
      return at_hand.state;
    }
    if (!known) contexts.forget(*std::exchange(at_hand.context, nullptr));
  }
  nack(NackCode::kOverload, kOverloadDetail);
  return nullptr;
}

// protocol.md §6.4, the rows of what is not new.
void ServerState::answer_known(NumberState state) {
  switch (state.kind()) {
    case NumberState::Kind::kNew:
      break;
    case NumberState::Kind::kRefused:
      return nack(NackCode::kNever);
    case NumberState::Kind::kDone:
      return nack(NackCode::kReplyGone);
    case NumberState::Kind::kKept:
      return send_again(state.page());
    case NumberState::Kind::kRunning:
      follow(running.at(state.slot()));
      send({.kind = QueuedAnswer::Kind::kWorking,
            .attempt = at_hand.handler.attempt,
            .route = at_hand.handler.route,
            .number = at_hand.handler.number});
      return;
  }
  VOLLEY_CHECK(false);  // It is new.
}

// protocol.md §6.7: one datagram draws so much of what is kept, and the next one the rest.
void ServerState::send_again(Block page) {
  if (at_hand.repeated >= kMostRepeated) {
    ++counters.held_back;
    return;
  }
  at_hand.repeated += replies.frame_size(page, at_hand.handler.number);
  ++counters.repeated;
  send_reply({.kind = QueuedAnswer::Kind::kReply,
              .attempt = at_hand.handler.attempt,
              .count = 1,
              .route = at_hand.handler.route,
              .number = at_hand.handler.number,
              .page = page});
}

// protocol.md §6.1: a reply goes where the latest copy or PROBE came from. One that was overtaken
// by a later one on its way does not take it back.
void ServerState::follow(Running& handler) {
  if (at_hand.handler.attempt < handler.attempt) return;
  routes.hold_again(at_hand.handler.route);
  routes.let_go(std::exchange(handler.route, at_hand.handler.route));
  handler.attempt = at_hand.handler.attempt;
  handler.arrival = arrivals;
}

/// Enters the handler started last into the tables, for it has not ended yet.
void ServerState::enter() {
  prompt_id = {};
  at_hand.may_run = false;
  const Running& handler = at_hand.handler;
  routes.hold_again(handler.route);
  if (handler.context == nullptr) {
    AddressShares::take_running(*routes.share_of(handler.route));
    running.add(handler);
    return;
  }
  set_aside();
  ++handler.context->running;
  AddressShares::take_running(*handler.context->share);
  contexts.set(*handler.context, handler.number, NumberState::running(running.add(handler)));
}

void ServerState::nack(NackCode code, std::uint32_t detail) {
  send({.kind = QueuedAnswer::Kind::kNack,
        .attempt = at_hand.handler.attempt,
        .code = code,
        .alone = at_hand.handler.allowed != 0,
        .route = at_hand.handler.route,
        .number = at_hand.handler.number,
        .detail = detail});
}

}  // namespace volley
