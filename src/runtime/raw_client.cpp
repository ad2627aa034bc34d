#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <volley/clock.hpp>
#include <volley/network.hpp>
#include <volley/raw_client.hpp>

#include "core/raw_error.hpp"
#include "core/retry_policy.hpp"
#include "os/poller.hpp"
#include "runtime/fresh_ids.hpp"
#include "runtime/raw_lane_pool.hpp"

namespace volley {
namespace {

constexpr RawLanePool::Token kStopToken = UINT32_MAX;

std::size_t largest_window(const RawClientOptions& options) {
  return options.matcher ? RawLimits::kWindow : RawLimits::kPorts;
}

Error invalid(std::string message) {
  return {ErrorCode::kInvalid, 0, std::move(message)};
}

/// The kernel takes the unspecified address for this machine's loopback, and answers come from
/// there.
Endpoint as_host(const Endpoint& server) {
  if (!server.address().is_unspecified()) return server;
  return {IpAddress::loopback(server.family()), server.port()};
}

Result<void> validate(const RawClientOptions& options, const RetryPolicy& policy) {
  const std::size_t largest = largest_window(options);
  if (options.window < 1 || options.window > largest) {
    return std::unexpected(invalid(
        fmt::format("a window of {} requests is not possible: from 1 to {}{}", options.window,
                    largest, options.matcher ? "" : ", or more with a Matcher (--match)")));
  }
  if (!options.matcher && options.source && options.source->port() != 0 && options.window > 1) {
    return std::unexpected(
        invalid(fmt::format("port {} can carry one request at a time, as only its ID would tell "
                            "whose answer comes: leave the port out, "
                            "give a Matcher (--match), or use a window of 1",
                            options.source->port())));
  }
  return validate(policy);
}

/// Whether there is one host to ask, and it can be asked from the source.
Result<void> validate_server(const Endpoint& server, const std::optional<Endpoint>& source) {
  const bool group = server.address().is_multicast();
  if (group || is_broadcast(server.address())) {
    return std::unexpected(invalid(
        fmt::format("cannot ask {}: {} address is many hosts', and one answer is expected; send "
                    "and listen (`volley send`, `volley listen`) instead",
                    server.to_string(), group ? "a multicast" : "a broadcast")));
  }
  // The IPv6 wildcard takes IPv4 too.
  if (source && source->family() != server.family() && source->address() != IpAddress::any_v6()) {
    return std::unexpected(
        invalid(fmt::format("cannot ask {} from {}: one is an IPv4 address, the other an IPv6 one; "
                            "give a source of the server's family, or none",
                            server.to_string(), source->to_string())));
  }
  return {};
}

}  // namespace

struct RawClient::State {
  State(const Endpoint& destination, RawClientOptions chosen, os::Poller made, os::StopFlag flag)
      : server{destination},
        options{std::move(chosen)},
        policy{options.policy.value_or(policy_for(destination))},
        poller{std::move(made)},
        stop{std::move(flag)},
        timers{largest_window(options) + 1} {}

  [[nodiscard]] Result<void> submit(Bytes body, Handler&& handler, std::optional<Duration> timeout,
                                    Instant time);
  [[nodiscard]] Result<void> turn(std::optional<Instant> until, Instant start);
  [[nodiscard]] Result<Instant> receive(std::optional<Instant> until, Instant time);
  [[nodiscard]] Result<Instant> receive_from_ready(std::optional<Instant> until);
  [[nodiscard]] Result<Instant> receive_from_only(std::optional<Instant> until, Instant time);
  void flush(Instant time);
  void deliver(RawLanePool::Token token, Instant time);
  void finish(RawLane& lane, const RawFinished& finished);
  Result<void> usable() const;

  Endpoint server;
  RawClientOptions options;
  RetryPolicy policy;
  RttEstimator rtt{policy};
  os::Poller poller;
  os::StopFlag stop;
  RawLanePool lanes{server, options, policy, rtt, poller};
  TimerQueue timers;                    // Of each lane, by token: one more than the window, as a
                                        // handler that asks again finds its own lane still taken.
  std::vector<RawLanePool::Token> due;  // Lanes that may have something to send.
  FreshIds fresh_ids;
  ReceiveBatch in;
  SendBatch out;
  std::size_t in_flight = 0;
  std::uint64_t finished = 0;
  const Duration tick = clock_tick();
  bool running = false;   // Within a run call: a handler may submit, but not run.
  bool answered = false;  // A blocking request has its answer, in `in`.
};

Result<void> RawClient::State::usable() const {
  if (stop.raised()) {
    return std::unexpected(
        Error{ErrorCode::kStopped, 0, fmt::format("stopped asking {}", server.to_string())});
  }
  if (running)
    return std::unexpected(invalid("a handler may submit requests, but not wait for them"));
  return {};
}

// Outbound: submit, flush.

Result<void> RawClient::State::submit(Bytes body, Handler&& handler,
                                      std::optional<Duration> timeout, Instant time) {
  if (!handler) return std::unexpected(invalid("a request needs a handler for its end"));
  if (in_flight >= options.window) return std::unexpected(no_room_error(in_flight, server));
  const auto token = lanes.acquire(time);
  if (!token) return std::unexpected(token.error());
  RawLane& lane = lanes.at(*token);
  RawRequest request{.timeout = timeout, .fresh_id = {}};
  if (options.matcher && options.matcher->field() && options.matcher->field()->random) {
    request.fresh_id = fresh_ids.draw(lane.core(), options.matcher->field()->size);
  }
  if (auto done = lane.submit(body, request, std::move(handler), time); !done) {
    lanes.release(*token, time);
    return done;
  }
  ++in_flight;
  due.push_back(*token);
  return {};
}

void RawClient::State::flush(Instant time) {
  // What handlers submit meanwhile waits for the next turn, or a handler could keep us here.
  const auto count = static_cast<std::ptrdiff_t>(due.size());
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const RawLanePool::Token token = due[static_cast<std::size_t>(i)];
    if (!lanes.contains(token)) continue;
    lanes.at(token).flush(out, time);
    deliver(token, time);
  }
  due.erase(due.begin(), due.begin() + count);
}

// Inbound: receive, deliver, finish.

/// Waits for what can be received and for the timers, takes it in, and gives the time it then is.
Result<Instant> RawClient::State::receive(std::optional<Instant> until, Instant time) {
  if (const auto timer = timers.next(); timer && (!until || *timer < *until)) until = timer;
  if (lanes.size() == 1 && lanes.contains(0)) return receive_from_only(until, time);
  if (options.idle == Idle::kSpin) until = Instant{};
  return receive_from_ready(until);
}

Result<Instant> RawClient::State::receive_from_ready(std::optional<Instant> until) {
  const auto ready = poller.wait(until);
  if (!ready) return std::unexpected(ready.error());
  for (const RawLanePool::Token token : *ready) {
    if (answered) break;  // The next receive would overwrite the answer; what is ready stays so.
    if (!lanes.contains(token)) continue;
    RawLane& lane = lanes.at(token);
    const bool heard = lane.receive(in);
    const Instant received = now();
    heard ? lane.handle(in, received) : lane.handle_errors();
    deliver(token, received);
  }
  return now();
}

/// With one lane nobody needs to be asked which is ready: to receive is to wait.
Result<Instant> RawClient::State::receive_from_only(std::optional<Instant> until, Instant time) {
  constexpr int kLooks = 8;  // Of a spinning client at its socket, for each at the clock.
  RawLane& lane = lanes.at(0);
  bool heard = false;
  if (options.idle == Idle::kSpin) {
    for (int i = 0; i < kLooks && !heard; ++i) heard = lane.receive(in);
  } else {
    // A timer may be late by a tick, no more.
    heard = (!until || *until - time >= tick) && lane.receive(in, true);
    if (!heard) {
      const int socket = lane.socket().native_handle();
      const auto woken = os::wait_readable({socket, stop.descriptor()}, until);
      if (!woken) return std::unexpected(woken.error());
      heard = *woken && lane.receive(in);
      if (*woken && !heard) lane.handle_errors();
    }
  }
  const Instant received = now();
  if (heard) lane.handle(in, received);
  deliver(0, received);
  return received;
}

/// Runs the handlers of what happened on a lane, and sets its timer anew.
void RawClient::State::deliver(RawLanePool::Token token, Instant time) {
  RawLane& lane = lanes.at(token);
  bool ended = false;
  while (const auto event = lane.core().poll_event()) {
    if (const auto* waiting = std::get_if<RawWaiting>(&*event)) {
      options.on_wait(waiting->attempt, waiting->wait);
    } else {
      finish(lane, std::get<RawFinished>(*event));
      ended = true;
    }
  }
  const auto timer = lane.core().next_timeout();
  if (timer) {
    timers.set(token, *timer);
  } else {
    timers.erase(token);
  }
  if (ended) lanes.release(token, time);
}

void RawClient::State::finish(RawLane& lane, const RawFinished& end) {
  --in_flight;
  ++finished;
  Handler handler = lane.take_handler(end.request);
  handler({.outcome = end.outcome,
           .body = end.body,
           .attempts = end.attempts,
           .elapsed = end.elapsed,
           .round_trip = end.round_trip,
           .error = error_of(end, server)});
}

/// Once around: out, in, timers.
Result<void> RawClient::State::turn(std::optional<Instant> until, Instant start) {
  const std::uint64_t before = finished;
  flush(start);
  // Nothing to wait for: a send alone can end a request, and its handler begin another.
  if (finished != before || !due.empty()) until = start;
  const auto received = receive(until, start);
  if (!received) return std::unexpected(received.error());
  const Instant time = *received;
  while (const auto token = timers.pop_due(time)) {
    lanes.at(*token).handle_errors();  // A client that spins is never woken to them.
    lanes.at(*token).core().handle_timeout(time);
    due.push_back(*token);
    deliver(*token, time);
  }
  if (!due.empty()) flush(now());  // Not `time`: handlers have run since.
  return {};
}

// The client.

RawClient::RawClient(std::unique_ptr<State> state) : state_{std::move(state)} {}
RawClient::RawClient(RawClient&&) noexcept = default;
RawClient& RawClient::operator=(RawClient&&) noexcept = default;
RawClient::~RawClient() = default;

Result<RawClient> RawClient::open(const Endpoint& destination, RawClientOptions options) {
  const Endpoint server = as_host(destination);
  if (auto valid = validate(options, options.policy.value_or(policy_for(server))); !valid) {
    return std::unexpected(valid.error());
  }
  if (auto valid = validate_server(server, options.source); !valid) {
    return std::unexpected(valid.error());
  }
  auto poller = os::Poller::create();
  if (!poller) return std::unexpected(poller.error());
  auto stop = os::StopFlag::create();
  if (!stop) return std::unexpected(stop.error());
  if (auto done = poller->watch(stop->descriptor(), kStopToken); !done)
    return std::unexpected(done.error());
  auto state =
      std::make_unique<State>(server, std::move(options), std::move(*poller), std::move(*stop));
  const Instant time = now();
  const auto first = state->lanes.acquire(time);
  if (!first) return std::unexpected(first.error());
  state->lanes.release(*first, time);
  return RawClient{std::move(state)};
}

Result<RawAnswer> RawClient::request(Bytes body, std::optional<Duration> timeout) {
  if (auto usable = state_->usable(); !usable) return std::unexpected(usable.error());
  std::optional<RawAnswer> answer;
  const auto keep = [this, &answer](const RawAnswer& given) {
    answer = given;
    state_->answered = true;
  };
  state_->answered = false;
  const Instant start = now();
  auto done = state_->submit(body, keep, timeout, start);
  if (!done) return std::unexpected(done.error());
  state_->running = true;
  if (!state_->stop.raised()) done = state_->turn({}, start);
  while (done && !answer && !state_->stop.raised()) done = state_->turn({}, now());
  state_->running = false;
  state_->answered = false;
  if (answer) return std::move(*answer);
  // The handler just left behind must never run.
  state_->stop.raise();
  return std::unexpected(done ? state_->usable().error() : done.error());
}

Result<void> RawClient::submit(Bytes body, Handler handler, std::optional<Duration> timeout) {
  return state_->submit(body, std::move(handler), timeout, now());
}

std::size_t RawClient::in_flight() const {
  return state_->in_flight;
}

bool RawClient::has_room() const {
  const State& state = *state_;
  if (state.in_flight >= state.options.window) return false;
  return !state.options.matcher || state_->lanes.at(0).core().has_room();
}

Result<void> RawClient::run_once(std::optional<Instant> until) {
  State& state = *state_;
  if (auto usable = state.usable(); !usable) return usable;
  const std::uint64_t before = state.finished;
  state.running = true;
  Result<void> done;
  while (done && state.finished == before && (state.in_flight > 0 || until) &&
         !state.stop.raised()) {
    done = state.turn(until, now());
    if (until && now() >= *until) break;
  }
  state.running = false;
  return done ? state.usable() : done;
}

Result<void> RawClient::run_until_idle() {
  Result<void> done;
  while (done && in_flight() > 0) done = run_once();
  return done;
}

void RawClient::stop() noexcept {
  state_->stop.raise();
}
const Endpoint& RawClient::server() const {
  return state_->server;
}
std::optional<Duration> RawClient::smoothed_round_trip() const {
  return state_->rtt.smoothed();
}
RawClientCounters RawClient::counters() const {
  return state_->lanes.counters();
}

}  // namespace volley
