#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <utility>

#include <volley/raw_server.hpp>

#include "base/check.hpp"
#include "os/poller.hpp"
#include "runtime/raw_worker.hpp"
#include "runtime/run_workers.hpp"
#include "runtime/serving_options.hpp"
#include "runtime/worker_sockets.hpp"

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

Result<void> validate(const RawServer::Handler& handler, const RawServerOptions& options) {
  if (auto valid = validate_serving(handler != nullptr, options.drop); !valid) return valid;
  if (!(options.max_amplification >= 0 && std::isfinite(options.max_amplification))) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("cannot answer at most {} bytes a byte asked: 0 or more is possible, 0 "
                          "for no limit",
                          options.max_amplification)});
  }
  return {};
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
                                  const RawServerOptions& options) {
  if (auto valid = validate(handler, options); !valid) return std::unexpected(valid.error());
  auto sockets = open_worker_sockets(local, {.workers = options.workers,
                                             .device = options.device,
                                             .dual_stack = options.dual_stack,
                                             .prepare = options.prepare});
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
  return run_workers(
      state_->workers,
      [this](RawWorker& worker) { return worker.run(state_->handler, state_->stop); },
      [this] { state_->stop.raise(); });
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
