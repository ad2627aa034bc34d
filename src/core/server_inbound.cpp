#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/check.hpp"
#include "base/random.hpp"
#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

/// protocol.md §2.3: where no answer could go, or where it would go to many.
bool is_bad_source(const Endpoint& peer) {
  return peer.port() == 0 || peer.address().is_multicast() ||
         peer.address() == IpAddress::v4(255, 255, 255, 255);
}

/// protocol.md §6.1: what a context is found by.
ContextKey key_of(const Route& route) {
  const std::uint64_t id = std::to_underlying(route.client_id);
  if (planted(Bug::kAddressInKey)) {
    return ContextKey{mix_bits(id ^ std::hash<Endpoint>{}(route.peer))};
  }
  return ContextKey{id};
}

/// protocol.md §6.3: whether the only frame is an idempotent REQUEST.
bool is_single_idempotent(Bytes frames) {
  if (frames.empty() || !well_formed(frames, Side::kClient)) return false;
  FrameReader reader{frames};
  const auto first = reader.next();
  return first && first->type == FrameType::kRequest && first->idempotent && !reader.next();
}

}  // namespace

void ServerState::handle_datagram(const Datagram& datagram, Instant now) {
  settle();
  close_page();
  ++counters.received;
  ++arrivals;
  if (at_hand.handler.route != kNoSlot) routes.let_go(at_hand.handler.route);
  at_hand = {.execution = {.peer = datagram.peer, .local = datagram.local},
             .handler = {.started = now, .arrival = arrivals}};

  const auto opened = open(datagram);
  if (!opened) return drop(opened.error());
  at_hand.handler.route = routes.hold({.peer = datagram.peer,
                                       .local = datagram.local.address(),
                                       .client_id = opened->header.client_id});
  if (at_hand.handler.route == kNoSlot) {
    ++counters.lost;
    return;
  }
  at_hand.handler.turn = opened->header.turn;
  at_hand.lowest = opened->header.note;
  Route& route = routes.at(at_hand.handler.route);
  if (std::to_underlying(opened->header.epoch) != options.incarnation.epoch ||
      !tickets.accepts(opened->header.ticket, route.ticket, route.peer, now)) {
    return refuse(*opened, datagram, now);
  }
  let_act(*opened, now);
}

// protocol.md §2.3, down to `misrouted` and in that order.
std::expected<ClearChannel::Opened, Drop> ServerState::open(const Datagram& datagram) const {
  auto opened = ClearChannel::open(datagram.payload, Side::kClient);
  if (!opened && opened.error() < Drop::kSource) return opened;
  if (is_bad_source(datagram.peer)) return std::unexpected(Drop::kSource);
  if (!opened) return opened;
  if (steering(opened->header.client_id) % options.workers != options.worker &&
      !planted(Bug::kRunsMisrouted)) {
    return std::unexpected(Drop::kMisrouted);
  }
  return opened;
}

// protocol.md §6.1, from step 3 on: the epoch and the ticket are right.
void ServerState::let_act(const ClearChannel::Opened& opened, Instant now) {
  const auto frames = check_frames(opened.frames, Side::kClient);
  if (!frames) return drop(Drop::kMalformed);
  routes.remember(at_hand.handler.route);
  at_hand.context = find_context(at_hand.handler.route);
  if (at_hand.context != nullptr) {
    contexts.sign_of_life(*at_hand.context, now);
    contexts.raise_base(*at_hand.context, at_hand.lowest);
    at_hand.ring = contexts.ring_of(*at_hand.context);
  }
  at_hand.frames = frames->rest;
  if (!frames->first.empty()) take_up(frames->first);
  const bool nothing_but_pad = opened.frames.empty() || opened.frames.front() == std::byte{kPad};
  if (nothing_but_pad) {
    send({.kind = QueuedAnswer::Kind::kBare,
          .turn = at_hand.handler.turn,
          .alone = true,
          .route = at_hand.handler.route});
  }
}

// protocol.md §6.2, §6.3: the epoch or the ticket is wrong, so what it may do is one request that
// may run any number of times, with one answer that is not much longer.
void ServerState::refuse(const ClearChannel::Opened& opened, const Datagram& datagram,
                         Instant now) {
  drop(Drop::kTicket);
  if (!strangers.take(now)) {
    ++counters.unanswered;
    return;
  }
  if (is_single_idempotent(opened.frames)) {
    at_hand.frames = FrameReader{opened.frames};
    at_hand.handler.allowed = static_cast<std::uint16_t>(
        std::min(kAmplification * datagram.payload.size(), kMaxDatagram));
    return;
  }
  send({.kind = QueuedAnswer::Kind::kBare,
        .turn = at_hand.handler.turn,
        .alone = true,
        .route = at_hand.handler.route});
}

Context* ServerState::find_context(Slot route) {
  Route& known = routes.at(route);
  if (known.context == nullptr || known.forgotten != contexts.forgotten()) {
    known.context = contexts.find(key_of(known));
    known.forgotten = contexts.forgotten();
  }
  return known.context;
}

// protocol.md §6.4: base := L, all numbers new.
bool ServerState::make_context(Instant now) {
  Route& route = routes.at(at_hand.handler.route);
  at_hand.context = contexts.make(key_of(route), route.peer.address(), at_hand.lowest, now);
  route.context = at_hand.context;
  route.forgotten = contexts.forgotten();
  return at_hand.context != nullptr;
}

void ServerState::drop(Drop reason) {
  switch (reason) {
    case Drop::kShort:
      ++counters.dropped_short;
      return;
    case Drop::kType:
      ++counters.dropped_type;
      return;
    case Drop::kUnsupported:
      ++counters.dropped_unsupported;
      return;
    case Drop::kVersion:
      ++counters.dropped_version;
      return;
    case Drop::kSource:
      ++counters.dropped_source;
      return;
    case Drop::kDirection:
      ++counters.dropped_direction;
      return;
    case Drop::kHeader:
      ++counters.dropped_header;
      return;
    case Drop::kMisrouted:
      ++counters.dropped_misrouted;
      return;
    case Drop::kTicket:
      ++counters.wrong_ticket;
      return;
    case Drop::kMalformed:
      ++counters.dropped_malformed;
      return;
    case Drop::kBelowBase:
      ++counters.below_base;
      return;
    case Drop::kBeyondWindow:
      ++counters.beyond_window;
      return;
    case Drop::kStranger:
    case Drop::kUnknownClient:
    case Drop::kStaleEpoch:
    case Drop::kLate:
    case Drop::kStaleStamp:
    case Drop::kUnsent:
      break;
  }
  VOLLEY_CHECK(false);  // A client's reason.
}

}  // namespace volley
