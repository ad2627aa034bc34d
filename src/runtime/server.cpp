#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <deque>
#include <utility>

#include <volley/clock.hpp>
#include <volley/server.hpp>

#include "base/check.hpp"
#include "core/server_state.hpp"
#include "os/entropy.hpp"
#include "os/steering.hpp"
#include "runtime/run_workers.hpp"
#include "runtime/server_worker.hpp"
#include "runtime/serving_options.hpp"
#include "runtime/worker_sockets.hpp"

namespace volley {

// How a handler answers.

Responder::Responder(ServerMailbox& mailbox, ExecutionId execution)
    : mailbox_{&mailbox}, execution_{execution} {}

Responder::Responder(Responder&& other) noexcept
    : mailbox_{std::exchange(other.mailbox_, nullptr)}, execution_{other.execution_} {}

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(mailbox_, other.mailbox_);
  std::swap(execution_, other.execution_);
  return *this;
}

Responder::~Responder() {
  if (mailbox_ != nullptr) mailbox_->put({.execution = execution_, .abandoned = true});
}

void Responder::reply(Bytes body, std::uint16_t status) {
  if (mailbox_ == nullptr) return;
  std::exchange(mailbox_, nullptr)
      ->put({.execution = execution_, .status = status, .body{body.begin(), body.end()}});
}

void Reply::abandon() {
  core_.abandon(execution_, now_);
}

void Reply::send(Bytes body, std::uint16_t status) {
  if (!std::exchange(open_, false)) return;
  core_.reply(execution_, status, body, now_);
}

Responder Reply::defer() {
  VOLLEY_CHECK(open_);
  open_ = false;
  return {mailbox_, execution_};
}

// The server.

struct Server::State {
  Endpoint local;
  Handler handler;
  ServerEnding ending;
  std::deque<ServerWorker> workers;  // A worker has a mutex: it stays where it is made.

  void end(std::atomic<bool>& how) noexcept {
    how.store(true, std::memory_order_release);
    for (const ServerWorker& worker : workers) worker.wake();
  }
};

namespace {

/// Begun after the address was taken (protocol.md §6.10).
Incarnation begin_incarnation() {
  Incarnation incarnation;
  while (incarnation.epoch == 0) incarnation.epoch = os::random_u64();
  os::fill_random(incarnation.secret);
  incarnation.birth = now();
  return incarnation;
}

/// All of them are 64-bit counts: none can be forgotten here.
ServerCounters sum(const ServerCounters& one, const ServerCounters& other) {
  using Counts = std::array<std::uint64_t, sizeof(ServerCounters) / sizeof(std::uint64_t)>;
  auto counts = std::bit_cast<Counts>(one);
  const auto more = std::bit_cast<Counts>(other);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += more[i];
  return std::bit_cast<ServerCounters>(counts);
}

ServerLimits share_of(const ServerLimits& limits, unsigned workers) {
  ServerLimits share = limits;
  share.memory = limits.memory / workers;
  share.running = std::max<std::size_t>(limits.running / workers, 1);
  return share;
}

}  // namespace

Server::Server(std::unique_ptr<State> state) : state_{std::move(state)} {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::bind(const Endpoint& local, Handler handler, const ServerOptions& options) {
  if (auto valid = validate_serving(handler != nullptr, options.drop); !valid)
    return std::unexpected(valid.error());
  auto sockets = open_worker_sockets(local, {.workers = options.workers,
                                             .device = options.device,
                                             .dual_stack = options.dual_stack,
                                             .prepare = options.prepare});
  if (!sockets) return std::unexpected(sockets.error());
  const auto bound = sockets->front().local();
  if (!bound) return std::unexpected(bound.error());
  if (options.workers > 1) {
    if (auto done = os::steer_group(sockets->front(), options.workers); !done)
      return std::unexpected(done.error());
  }

  auto state = std::make_unique<State>();
  state->local = *bound;
  state->handler = std::move(handler);
  ServerCore::Options core{.incarnation = begin_incarnation(),
                           .workers = options.workers,
                           .limits = share_of(options.limits, options.workers),
                           .hash_secret = os::random_u64(),
                           .loopback_datagram_size = kLoopbackDatagram};
  for (UdpSocket& socket : *sockets) {
    auto wake = os::Wake::create();
    if (!wake) return std::unexpected(wake.error());
    core.worker = static_cast<unsigned>(state->workers.size());
    state->workers.emplace_back(std::move(socket), core, options, std::move(*wake));
  }
  return Server{std::move(state)};
}

const Endpoint& Server::local() const {
  return state_->local;
}
void Server::stop() noexcept {
  state_->end(state_->ending.stop);
}
void Server::drain() noexcept {
  state_->end(state_->ending.drain);
}

Result<void> Server::run() {
  State& state = *state_;
  return run_workers(
      state.workers,
      [&state](ServerWorker& worker) { return worker.run(state.handler, state.ending); },
      [&state] { state.end(state.ending.stop); });
}

ServerCounters Server::counters() const {
  ServerCounters total;
  for (const ServerWorker& worker : state_->workers) total = sum(total, worker.counters());
  return total;
}

}  // namespace volley
