#include <fmt/format.h>

#include <memory>
#include <utility>

#include <volley/batch.hpp>
#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "core/client_read.hpp"
#include "core/client_state.hpp"
#include "core/no_answer.hpp"
#include "core/retry_policy.hpp"
#include "os/entropy.hpp"
#include "os/poller.hpp"
#include "runtime/error_queue.hpp"
#include "runtime/lossy_port.hpp"
#include "runtime/receive_depth.hpp"

namespace volley {
namespace {

/// Looks at a socket that is full before the timers that are due: as many as empty it, if nothing
/// more came meanwhile.
constexpr int kLooksBeforeTimers = 256;

Result<UdpSocket> open_socket(const Endpoint& server, const ClientOptions& options) {
  auto socket =
      UdpSocket::bind(options.source.value_or(Endpoint{IpAddress::any(server.family()), 0}),
                      {.device = options.device});
  if (!socket) return socket;
  if (auto done = socket->set_packet_info(false); !done) return std::unexpected(done.error());
  // Without receive offload trains come apart, and one by one: as right, and slower.
  [[maybe_unused]] const auto coalescing = socket->set_coalescing(true);
  if (auto done = socket->set_receive_room(); !done) return std::unexpected(done.error());
  // With one peer the queue can only tell of that one.
  if (auto done = socket->set_error_queue(true); !done) return std::unexpected(done.error());
  if (options.prepare) {
    if (auto done = options.prepare(*socket); !done) return std::unexpected(done.error());
  }
  if (auto done = socket->connect(server); !done) return std::unexpected(done.error());
  return socket;
}

ClientCore::Options core_options(const Endpoint& server, const ClientOptions& options) {
  const bool loopback = server.address().kind() == AddressKind::kLoopback;
  return {.server = server,
          .policy = options.policy.value_or(policy_for(server)),
          .window = options.window,
          .datagram_size = loopback ? kLoopbackDatagram : ClientCore::Options{}.datagram_size,
          .seed = os::random_u64(),
          .draw_secret = os::random_u64};
}

}  // namespace

struct Client::State {
  State(UdpSocket opened, const Endpoint& destination, const ClientOptions& options,
        os::StopFlag flag)
      : server{destination},
        port{std::move(opened), options.drop, options.seed},
        core{core_options(destination, options), Sequence{1}},
        idle{options.idle},
        on_pong{options.on_pong},
        stop{std::move(flag)},
        // One more than are in flight: that of a request which is being told of.
        handlers{std::make_unique<Handler[]>(options.window + 1)} {}

  inline Handler* begin(Bytes body, const RequestOptions& options, Instant time);
  [[nodiscard]] Result<void> turn(std::optional<Instant> until, Instant time);
  void flush(Instant time);
  bool look(bool linger);
  [[nodiscard]] Result<bool> receive(std::optional<Instant> until, Instant time);
  bool flush_is_due() const;
  void take_in();
  void deliver();
  inline void ended(std::uint32_t slot, const Answer& answer);
  bool timer_is_due() const;
  /// How many things have happened that a run call waits for.
  std::uint64_t news() const { return happened + core.counters().replies; }
  void hear_errors(Instant time);
  void note_hint(ErrorCode code, Instant time);
  [[nodiscard]] Result<void> usable() const;

  Endpoint server;
  LossyPort<UdpSocket> port;
  ClientState core;  // And not a ClientCore, whose calls go through one more.
  Idle idle;
  std::function<void(const Pong&)> on_pong;
  os::StopFlag stop;
  ReceiveBatch in;
  SendBatch out;
  std::unique_ptr<Handler[]> handlers;  // By the request's slot; of no request: null.
  std::uint64_t happened = 0;           // Echoes, hints, and ends but with replies.
  std::optional<Pong> pong;
  std::optional<ErrorCode> hint;
  const Duration tick = clock_tick();
  ReceiveDepth depth;
  bool full_look = false;  // The last look at the socket found as much as it looked for.
  bool running = false;    // Within a run call: a handler may submit, but not run.
  Instant received{};  // When a run call last read the time: what its handlers submit is of then.
};

Result<void> Client::State::usable() const {
  if (stop.raised()) {
    return std::unexpected(
        Error{ErrorCode::kStopped, 0, fmt::format("stopped asking {}", server.to_string())});
  }
  if (running) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0, "a handler may submit requests, but not wait for them"});
  }
  return {};
}

// Outbound: submit, flush.

/// Where the handler of a new request goes: one that is null is there, which is as good as none.
/// nullptr: the core refuses the request.
[[gnu::always_inline]] inline Client::Handler* Client::State::begin(Bytes body,
                                                                    const RequestOptions& options,
                                                                    Instant time) {
  const std::uint32_t slot = core.take(body, options, time);
  return slot == kNoSlot ? nullptr : &handlers[slot];
}

void Client::State::flush(Instant time) {
  bool more = true;
  while (more) {
    while (!out.full()) {
      auto transmit = core.poll_transmit(out.space(), time);
      if (!transmit) break;
      transmit->peer = {};  // The socket is connected.
      out.commit(*transmit);
    }
    if (out.empty()) return;
    more = out.full();
    if (auto done = port.send(out); !done) {
      note_hint(done.error().code, time);
      hear_errors(time);
    }
  }
}

// Inbound: receive, deliver.

/// Takes in what has come, without waiting, or not for long. False: nothing came.
bool Client::State::look(bool linger) {
  const auto done = port.receive(in, {.most = depth.most(), .linger = linger});
  if (!done) {
    note_hint(done.error().code, now());
    hear_errors(now());
  }
  full_look = in.messages() >= depth.most();
  depth.found(in, in.datagrams().size());
  return !done || !in.datagrams().empty();
}

/// Waits for what can be received, and takes it in. False: nothing came.
Result<bool> Client::State::receive(std::optional<Instant> until, Instant time) {
  constexpr int kLooks = 8;  // Of a spinning client at its socket, for each at the clock.
  if (idle == Idle::kSpin) {
    for (int i = 0; i < kLooks; ++i) {
      if (look(false)) return true;
    }
    return false;
  }
  // A timer may be late by a tick, no more.
  if ((!until || *until - time >= tick) && look(true)) return true;
  const auto woken = os::wait_readable({port.port().native_handle(), stop.descriptor()}, until);
  if (!woken) return std::unexpected(woken.error());
  if (!*woken || look(false)) return *woken;
  hear_errors(now());
  return true;
}

/// The socket stays ready while its error queue holds anything, and once that is full of what a
/// server's absence left, there is no room for a datagram.
void Client::State::hear_errors(Instant time) {
  clear_error_queue(port.port(), [&](const SocketError& error) {
    if (error.origin != SocketError::Origin::kOther) note_hint(error.code, time);
  });
}

void Client::State::note_hint(ErrorCode code, Instant time) {
  ++happened;
  hint = code;
  core.handle_hint(code, time);
}

/// Whether to send before all that was received is read: once handlers have submitted half of all
/// that is in flight, so that each end has one half to work on. Left alone, the halves grow apart
/// until the ends take turns.
bool Client::State::flush_is_due() const {
  constexpr std::size_t kMany = 128;
  return core.in_flight() >= kMany && core.unsent() >= core.in_flight() / 2;
}

/// Runs the handlers of what was received.
void Client::State::take_in() {
  // Read after the datagrams were: protocol.md §1.3 A1.
  received = now();
  for (const Datagram& datagram : in.datagrams()) {
    core.read(datagram, received, [this](std::uint32_t slot, const Answer& answer) {
      ended(slot, answer);
      return true;
    });
    deliver();
    if (flush_is_due()) flush(received);
  }
}

/// Runs the handlers of what has ended otherwise, and tells of echoes.
void Client::State::deliver() {
  while (const ClientEvent* const event = core.poll_event()) {
    ++happened;
    if (event->answer) {
      ended(slot_of(event->request), *event->answer);
    } else {
      pong = event->pong;
      if (on_pong) on_pong(*pong);
    }
  }
}

/// In its place, which is the next request's only after this.
void Client::State::ended(std::uint32_t slot, const Answer& answer) {
  Handler& handler = handlers[slot];
  handler(answer);
  handler = nullptr;
}

bool Client::State::timer_is_due() const {
  const auto timer = core.next_timeout();
  return timer && *timer <= received;
}

/// Once around: out, in, timers.
Result<void> Client::State::turn(std::optional<Instant> until, Instant time) {
  flush(time);
  if (const auto timer = core.next_timeout(); timer && (!until || *timer < *until)) until = timer;
  full_look = false;
  const auto heard = receive(until, time);
  if (!heard) return std::unexpected(heard.error());
  if (!*heard) in.clear();
  take_in();
  // Who could not run for a while finds answers that came in time: they are read before a wait
  // ends.
  for (int i = 0; i < kLooksBeforeTimers && full_look && timer_is_due() && look(false); ++i) {
    take_in();
  }
  if (timer_is_due()) {
    core.handle_timeout(received);
    deliver();
  }
  flush(received);
  return {};
}

// The client.

Client::Client(std::unique_ptr<State> state) : state_{std::move(state)} {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::open(const Endpoint& server, ClientOptions options) {
  if (options.window < 1 || options.window > ClientLimits::kWindow) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("a window of {} requests is not possible: from 1 to {}", options.window,
                          ClientLimits::kWindow)});
  }
  if (auto valid = validate(options.policy.value_or(policy_for(server))); !valid) {
    return std::unexpected(valid.error());
  }
  if (auto valid = validate_drop(options.drop); !valid) return std::unexpected(valid.error());
  auto socket = open_socket(server, options);
  if (!socket) return std::unexpected(socket.error());
  auto stop = os::StopFlag::create();
  if (!stop) return std::unexpected(stop.error());
  return Client{std::make_unique<State>(std::move(*socket), server, options, std::move(*stop))};
}

Result<Answer> Client::request(Bytes body, const RequestOptions& options) {
  State& state = *state_;
  if (auto usable = state.usable(); !usable) return std::unexpected(usable.error());
  std::optional<Answer> answer;
  const Instant start = now();
  Handler* const handler = state.begin(body, options, start);
  if (handler == nullptr) return std::unexpected(refusal(body));
  std::construct_at(handler, [&answer](const Answer& given) { answer = given; });
  state.running = true;
  Result<void> done = state.turn({}, start);
  while (done && !answer && !state.stop.raised()) done = state.turn({}, now());
  state.running = false;
  if (answer) return *answer;
  // The handler just left behind must never run.
  state.stop.raise();
  return std::unexpected(done ? state.usable().error() : done.error());
}

Result<void> Client::submit(Bytes body, Handler handler, const RequestOptions& options) {
  if (!handler) {
    return std::unexpected(Error{ErrorCode::kInvalid, 0, "a request needs a handler for its end"});
  }
  Handler* const place = begin(body, options);
  if (place == nullptr) return std::unexpected(refusal(body));
  std::construct_at(place, std::move(handler));
  return {};
}

Client::Handler* Client::begin(Bytes body, const RequestOptions& options) {
  return state_->begin(body, options, state_->running ? state_->received : now());
}

Error Client::refusal(Bytes body) const {
  return state_->core.refusal(body);
}

std::size_t Client::in_flight() const {
  return state_->core.in_flight();
}
bool Client::has_room() const {
  return state_->core.has_room();
}

Result<std::uint64_t> Client::submit_ping(std::size_t size) {
  return state_->core.ping(size, now());
}

Result<std::optional<Pong>> Client::ping(std::size_t size, Duration timeout) {
  State& state = *state_;
  if (auto usable = state.usable(); !usable) return std::unexpected(usable.error());
  const Instant end = now() + timeout;
  const auto opaque = submit_ping(size);
  if (!opaque) return std::unexpected(opaque.error());
  state.pong.reset();
  state.hint.reset();
  const auto echoed = [&] { return state.pong && state.pong->opaque == *opaque; };
  Result<void> done;
  while (done && !echoed() && !state.hint && now() < end) done = run_once(end);
  if (!done) return std::unexpected(done.error());
  if (echoed()) return std::exchange(state.pong, std::nullopt);
  if (!state.hint) return std::nullopt;
  return std::unexpected(
      Error{*state.hint, 0,
            fmt::format("no echo from {}: {}", state.server.to_string(), cause_text(state.hint))});
}

Result<void> Client::run_once(std::optional<Instant> until) {
  State& state = *state_;
  if (auto usable = state.usable(); !usable) return usable;
  const std::uint64_t before = state.news();
  state.running = true;
  Result<void> done;
  while (done && state.news() == before && (in_flight() > 0 || until) && !state.stop.raised()) {
    done = state.turn(until, now());
    if (until && now() >= *until) break;
  }
  state.running = false;
  return done ? state.usable() : done;
}

Result<void> Client::run_until_idle() {
  Result<void> done;
  while (done && in_flight() > 0) done = run_once();
  return done;
}

void Client::stop() noexcept {
  state_->stop.raise();
}
const Endpoint& Client::server() const {
  return state_->server;
}
std::optional<ErrorCode> Client::last_hint() const {
  return state_->hint;
}
std::optional<Duration> Client::smoothed_round_trip() const {
  return state_->core.smoothed_round_trip();
}
const ClientCounters& Client::counters() const {
  return state_->core.counters();
}

}  // namespace volley
