#include "cli/sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include <volley/clock.hpp>
#include <volley/network.hpp>

#include "cli/units.hpp"

namespace volley::cli {

namespace {

constexpr Duration kCrowdedTime = std::chrono::seconds{2};  // For a full queue to empty.

/// Timers come late: so much of it is made up for.
constexpr Duration kCatchUp = std::chrono::milliseconds{100};

}  // namespace

Instant Pace::next(Instant now, std::size_t bytes) {
  const Instant turn = due_ ? std::max(*due_, now - kCatchUp) : now;
  due_ = turn;
  if (rate_) {
    const double amount = rate_->bits ? 8 * static_cast<double>(bytes) : 1;
    *due_ +=
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>{amount / rate_->amount});
  }
  return turn;
}

Sender::Sender(const SendFlags& flags, const SocketFlags& socket, const Route& route,
               Output& output)
    : flags_{flags},
      socket_flags_{socket},
      choice_{route.choice},
      untried_{route.targets},
      output_{output},
      pace_{flags.rate} {}

Result<void> Sender::open() {
  auto socket = first_of(untried_, output_, [this](const Endpoint& target) {
    untried_ = untried_.subspan(1);
    return open_for(target);
  });
  if (!socket) return std::unexpected(socket.error());
  socket_ = std::move(*socket);
  return {};
}

Result<UdpSocket> Sender::open_for(const Endpoint& target) {
  target_ = target;
  multicast_ = target.address().is_multicast();
  connected_ = !multicast_ && !flags_.broadcast && !is_broadcast(target.address());
  auto socket = open_socket(target, choice_, multicast_ ? std::string{} : choice_.device);
  if (!socket) return socket;
  if (auto done = set_up(*socket); !done) return std::unexpected(done.error());
  if (!connected_) return socket;
  if (auto done = socket->connect(target); !done) {
    const bool permission = done.error().code == ErrorCode::kPermission;
    return std::unexpected(permission ? not_permitted(done.error()) : done.error());
  }
  return socket;
}

Result<void> Sender::set_up(UdpSocket& socket) const {
  Result<void> done;
  const auto also = [&done](bool wanted, auto set) {
    if (done && wanted) done = set();
  };
  const int ttl = static_cast<int>(flags_.ttl.value_or(0));
  also(flags_.broadcast, [&] { return socket.set_broadcast(true); });
  also(flags_.dont_fragment, [&] { return socket.set_fragmentation(Fragmentation::kForbid); });
  if (multicast_) {
    also(choice_.interface != 0, [&] { return socket.set_multicast_interface(choice_.interface); });
    also(flags_.ttl.has_value(), [&] { return socket.set_multicast_ttl(ttl); });
    also(flags_.loop.has_value(), [&] { return socket.set_multicast_loop(*flags_.loop); });
  } else {
    also(flags_.ttl.has_value(), [&] { return socket.set_ttl(ttl); });
  }
  const auto prepare = option_setter(socket_flags_, output_);
  also(static_cast<bool>(prepare), [&] { return prepare(socket); });
  return done;
}

Result<void> Sender::send(Bytes body, const os::Patience& patience) {
  if (auto turn = await_turn(body.size(), patience); !turn) return turn;
  for (;;) {
    if (auto done = send_now(body); !done) return done;
    // The first address of a name may be the wrong one: a host nearby has said so already.
    if (sent_ > 1 || untried_.empty() || !hears_refusal()) return {};
    output_.detail(refusal().message + "; trying the next address");
    sent_ = bytes_ = refused_ = 0;
    if (auto opened = open(); !opened) return opened;
  }
}

Result<void> Sender::await_turn(std::size_t bytes, const os::Patience& patience) {
  const Instant due = pace_.next(now(), bytes);
  if (patience.deadline && due >= *patience.deadline) {
    return failure(
        ErrorCode::kTimedOut,
        fmt::format("the time is over with not all sent to {}; give a longer --timeout", target()));
  }
  if (now() < due) {
    const auto waited = os::wait_readable({patience.stop->descriptor()}, due);
    if (!waited) return std::unexpected(waited.error());
  }
  if (!patience.stop->raised()) return {};
  return failure(ErrorCode::kStopped, fmt::format("interrupted with not all sent to {}", target()));
}

Result<void> Sender::send_now(Bytes body) {
  const Instant patience = now() + kCrowdedTime;
  for (;;) {
    auto done = connected_ ? socket_->send(body) : socket_->send_to(body, target_);
    if (done) {
      ++sent_;
      bytes_ += body.size();
      return done;
    }
    const ErrorCode code = done.error().code;
    const bool again = code == ErrorCode::kRefused || code == ErrorCode::kFull;
    // A refusal is said of an earlier datagram; this one is still to go.
    if (code == ErrorCode::kRefused) ++refused_;
    if (!again || now() >= patience) return std::unexpected(explain(done.error(), body.size()));
    if (code == ErrorCode::kFull) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

/// A broadcast address that was taken for a host's: only the routing table knows it for one.
Error Sender::not_permitted(Error error) const {
  error.message = fmt::format("cannot send to {}: permission denied; {}", target_.to_string(),
                              flags_.broadcast ? "ask the firewall of this machine"
                                               : "a broadcast address needs --broadcast");
  return error;
}

/// What the system said, in words of this verb.
Error Sender::explain(Error error, std::size_t size) const {
  if (error.code == ErrorCode::kPermission) return not_permitted(std::move(error));
  if (error.code == ErrorCode::kTooLarge) {
    const auto mtu = socket_->path_mtu();
    error.message = fmt::format(
        "cannot send {} to {} in one piece{}; send less{}", format_count(size, "byte"),
        target_.to_string(), mtu ? fmt::format(": the path takes packets of {} bytes", *mtu) : "",
        flags_.dont_fragment ? ", or drop --dont-fragment" : "");
  } else if (connected_) {
    // The socket's own words do not say whom it is connected to.
    error.message = fmt::format("{}: {}", target_.to_string(), error.message);
  }
  return error;
}

bool Sender::hears_refusal() {
  if (!connected_) return false;
  ReceiveBatch batch{{.slots = 1, .slot_size = 64}};
  const auto received = socket_->receive(batch);
  if (!received && received.error().code == ErrorCode::kRefused) ++refused_;
  return refused_ > 0;
}

Error Sender::refusal() const {
  return {.code = ErrorCode::kRefused,
          .message = fmt::format("{} refused: nothing listens on that port", target())};
}

}  // namespace volley::cli
