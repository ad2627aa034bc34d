#include <algorithm>
#include <utility>

#include <volley/server_core.hpp>

#include "base/check.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

/// Answers that wait to be sent before the caller must send them. The rest of the queue is for what
/// one datagram more may ask for.
constexpr std::size_t kRoomForOne = AnswerQueue::kCapacity / 2;

/// Routes that answers may have beside those of what runs: one for each datagram since they were
/// last sent, at most.
constexpr std::size_t kRoutesWaiting = 4'096;

/// Contexts looked at in one call, so that no call takes long.
constexpr std::size_t kExpiries = 256;

std::size_t share_of(std::size_t limit, std::size_t divisor) {
  return limit / std::max<std::size_t>(divisor, 1);
}

}  // namespace

ServerCore::State::State(const Options& chosen)
    : options{chosen},
      store{chosen.limits.memory},
      shares{store,
             {.memory = share_of(chosen.limits.memory, chosen.limits.address_share),
              .running = std::max<std::size_t>(
                  share_of(chosen.limits.running, chosen.limits.address_share), 1)},
             chosen.hash_secret},
      replies{store},
      contexts{{.store = store, .shares = shares, .replies = replies},
               {.reply_room = share_of(chosen.limits.memory, chosen.limits.client_share),
                .hash_secret = chosen.hash_secret}},
      running{chosen.limits.running},
      routes{chosen.limits.running + kRoutesWaiting, shares, chosen.hash_secret},
      tickets{chosen.incarnation} {
  VOLLEY_CHECK(chosen.incarnation.epoch != 0);
  VOLLEY_CHECK(chosen.worker < chosen.workers);
}

bool ServerCore::State::must_transmit() const {
  return answers.room() < kRoomForOne || replies.beyond_in_use() ||
         routes.room() <= RouteTable::kRemembered;
}

ServerCore::ServerCore(const Options& options) : state_{std::make_unique<State>(options)} {}
ServerCore::ServerCore(ServerCore&&) noexcept = default;
ServerCore& ServerCore::operator=(ServerCore&&) noexcept = default;
ServerCore::~ServerCore() = default;

void ServerCore::handle_datagram(const Datagram& datagram, Instant now) {
  state_->handle_datagram(datagram, now);
}

const Execution* ServerCore::poll_request(Instant now) {
  return state_->poll_request(now);
}

void ServerCore::reply(ExecutionId execution, std::uint16_t status, Bytes body, Instant now) {
  const ReplyStore::Reply reply{.status = status, .body = body};
  state_->finish(execution, &reply, now);
}

void ServerCore::abandon(ExecutionId execution, Instant now) {
  state_->finish(execution, nullptr, now);
}

std::optional<Transmit> ServerCore::poll_transmit(MutableBytes buffer, Instant now) {
  return state_->poll_transmit(buffer, now);
}

bool ServerCore::must_transmit() const {
  return state_->must_transmit();
}

// protocol.md §6.4: "or the system will not send it for its size".
void ServerCore::handle_too_large(const Transmit& transmit, Bytes datagram) {
  const auto opened = ClearChannel::open(datagram, Side::kServer);
  VOLLEY_CHECK(opened);
  const Slot route = state_->routes.hold(
      {.peer = transmit.peer, .local = transmit.local, .client_id = opened->header.client_id});
  if (route == kNoSlot) return;
  FrameReader frames{opened->frames};
  while (const auto frame = frames.next()) {
    if (frame->type != FrameType::kReply) continue;
    state_->send({.kind = QueuedAnswer::Kind::kNack,
                  .attempt = frame->attempt,
                  .code = NackCode::kReplyGone,
                  .route = state_->held(route),
                  .number = std::to_underlying(frame->sequence)});
  }
  state_->routes.let_go(route);
}

std::optional<Instant> ServerCore::next_timeout() const {
  state_->settle();
  std::optional<Instant> next = state_->contexts.next_expiry();
  const Slot silent = state_->running.longest_silent();
  if (silent == kNoSlot) return next;
  const Instant working = state_->running.at(silent).started + kWorkingAfter;
  return next ? std::min(*next, working) : working;
}

void ServerCore::handle_timeout(Instant now) {
  state_->settle();
  // Its context may be forgotten now.
  state_->at_hand.frames = FrameReader{Bytes{}};
  state_->tell_working(now);
  state_->contexts.expire(now, kExpiries);
}

void ServerCore::drain() {
  state_->draining = true;
}

bool ServerCore::idle() const {
  state_->settle();
  return state_->running.size() == 0 && state_->answers.empty();
}

const ServerCounters& ServerCore::counters() const {
  state_->settle();
  ServerCounters& counters = state_->counters;
  counters.contexts = state_->contexts.size();
  counters.running = state_->running.size();
  counters.bytes = state_->store.bytes();
  return counters;
}

}  // namespace volley
