#include <algorithm>
#include <utility>

#include <volley/server_core.hpp>

#include "base/check.hpp"
#include "core/server_requests.hpp"
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

ServerState::ServerState(const Options& chosen)
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

bool ServerState::must_transmit() const {
  return answers.room() < kRoomForOne || replies.beyond_in_use() ||
         routes.room() <= RouteTable::kRemembered;
}

// protocol.md §6.4: "or the system will not send it for its size".
void ServerState::handle_too_large(const Transmit& transmit, Bytes datagram) {
  const auto opened = ClearChannel::open(datagram, Side::kServer);
  VOLLEY_CHECK(opened);
  const Slot route = routes.hold(
      {.peer = transmit.peer, .local = transmit.local, .client_id = opened->header.client_id});
  if (route == kNoSlot) return;
  FrameReader frames{opened->frames};
  while (const auto frame = frames.next()) {
    if (frame->type != FrameType::kReply) continue;
    send({.kind = QueuedAnswer::Kind::kNack,
          .attempt = frame->attempt,
          .code = NackCode::kReplyGone,
          .route = route,
          .number = std::to_underlying(frame->sequence)});
  }
  routes.let_go(route);
}

std::optional<Instant> ServerState::next_timeout() {
  settle();
  std::optional<Instant> next = contexts.next_expiry();
  const Slot silent = running.longest_silent();
  if (silent == kNoSlot) return next;
  const Instant working = running.at(silent).started + kWorkingAfter;
  return next ? std::min(*next, working) : working;
}

void ServerState::handle_timeout(Instant now) {
  settle();
  close_page();
  // Its context may be forgotten now.
  at_hand.context = nullptr;
  at_hand.left = 0;
  at_hand.frames = FrameReader{Bytes{}};
  tell_working(now);
  contexts.expire(now, kExpiries);
}

void ServerState::drain() {
  draining = true;
  at_hand.may_run = false;
}

bool ServerState::idle() {
  settle();
  queue_run();
  return running.size() == 0 && answers.empty();
}

const ServerCounters& ServerState::counts() {
  settle();
  counters.contexts = contexts.size();
  counters.running = running.size();
  counters.bytes = store.bytes();
  return counters;
}

// The core.

struct ServerCore::State final : ServerState {
  using ServerState::ServerState;
};

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
  state_->reply(execution, status, body, now);
}
void ServerCore::abandon(ExecutionId execution, Instant now) {
  state_->abandon(execution, now);
}
std::optional<Transmit> ServerCore::poll_transmit(MutableBytes buffer, Instant now) {
  return state_->poll_transmit(buffer, now);
}
bool ServerCore::must_transmit() const {
  return state_->must_transmit();
}
void ServerCore::handle_too_large(const Transmit& transmit, Bytes datagram) {
  state_->handle_too_large(transmit, datagram);
}

std::optional<Instant> ServerCore::next_timeout() const {
  return state_->next_timeout();
}
void ServerCore::handle_timeout(Instant now) {
  state_->handle_timeout(now);
}

void ServerCore::drain() {
  state_->drain();
}
bool ServerCore::idle() const {
  return state_->idle();
}
const ServerCounters& ServerCore::counters() const {
  return state_->counts();
}

}  // namespace volley
