#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

#include <volley/raw_server.hpp>

#include "base/check.hpp"
#include "os/poller.hpp"
#include "runtime/raw_worker.hpp"

namespace volley {

struct RawServer::State {
  Endpoint local;
  Handler handler;
  os::StopFlag stop;
  std::deque<RawWorker> workers;  // A worker has atomics: it stays where it is made.
  std::atomic<std::uint64_t> answered_later = 0;
  std::atomic<std::uint64_t> unsent_later = 0;
};

namespace {

Result<UdpSocket> open_worker(const Endpoint& local, const RawServerOptions& options, bool share) {
  auto socket = UdpSocket::bind(
      local, {.device = options.device, .dual_stack = options.dual_stack, .reuse_port = share});
  if (!socket || !options.prepare) return socket;
  if (auto done = options.prepare(*socket); !done) return std::unexpected(done.error());
  return socket;
}

/// One socket for each worker, all on one address. The first bind is exclusive, so that another
/// server there is an error; a group of several opens behind it.
Result<std::vector<UdpSocket>> open_workers(const Endpoint& local,
                                            const RawServerOptions& options) {
  std::vector<UdpSocket> sockets;
  auto first = open_worker(local, options, false);
  if (!first) return std::unexpected(first.error());
  if (options.workers == 1) {
    sockets.push_back(std::move(*first));
    return sockets;
  }
  const auto taken = first->local();
  if (!taken) return std::unexpected(taken.error());
  {
    const UdpSocket closing = std::move(*first);
  }
  for (unsigned i = 0; i < options.workers; ++i) {
    auto socket = open_worker(*taken, options, true);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace

void RawReply::send(Bytes bytes) {
  VOLLEY_CHECK(bytes.size() <= space_.size());
  std::ranges::copy(bytes, space_.begin());
  size_ = bytes.size();
}

RawServer::RawServer(std::unique_ptr<State> state) : state_{std::move(state)} {}
RawServer::RawServer(RawServer&&) noexcept = default;
RawServer& RawServer::operator=(RawServer&&) noexcept = default;
RawServer::~RawServer() = default;

Result<RawServer> RawServer::bind(const Endpoint& local, Handler handler,
                                  RawServerOptions options) {
  if (options.workers < 1 || options.workers > RawLimits::kWorkers) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("cannot serve with {} workers: from 1 to {} are possible",
                          options.workers, RawLimits::kWorkers)});
  }
  auto sockets = open_workers(local, options);
  if (!sockets) return std::unexpected(sockets.error());
  auto stop = os::StopFlag::create();
  if (!stop) return std::unexpected(stop.error());
  const auto bound = sockets->front().local();
  if (!bound) return std::unexpected(bound.error());

  auto state = std::make_unique<State>(*bound, std::move(handler), std::move(*stop));
  for (UdpSocket& socket : *sockets) {
    state->workers.emplace_back(std::move(socket), options, options.seed + state->workers.size());
  }
  return RawServer{std::move(state)};
}

const Endpoint& RawServer::local() const {
  return state_->local;
}
void RawServer::stop() noexcept {
  state_->stop.raise();
}

Result<void> RawServer::run() {
  std::mutex mutex;
  Result<void> outcome;
  const auto work = [&](RawWorker& worker) {
    auto done = worker.run(state_->handler, state_->stop);
    if (done) return;
    const std::lock_guard lock{mutex};
    if (outcome) outcome = std::move(done);
    state_->stop.raise();  // The others are not left serving half of the clients.
  };
  {
    std::vector<std::jthread> threads;
    for (RawWorker& worker : state_->workers | std::views::drop(1))
      threads.emplace_back([&] { work(worker); });
    work(state_->workers.front());
  }
  return outcome;
}

Result<void> RawServer::send(Bytes answer, const Endpoint& peer, const Endpoint& local) {
  auto done = state_->workers.front().socket().send_to(answer, peer, local.address());
  ++(done ? state_->answered_later : state_->unsent_later);
  return done;
}

RawServerCounters RawServer::counters() const {
  RawServerCounters total;
  for (const RawWorker& worker : state_->workers) worker.add_to(total);
  total.answered += state_->answered_later.load();
  total.unsent += state_->unsent_later.load();
  return total;
}

}  // namespace volley
