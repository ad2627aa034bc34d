#include "cli/sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
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

Pace::Pace(std::optional<double> rate)
    : interval_{rate ? Duration{static_cast<Duration::rep>(1e9 / *rate)} : Duration::zero()} {}

Instant Pace::next(Instant now) {
  due_ = due_ ? std::max(*due_ + interval_, now - kCatchUp) : now;
  return *due_;
}

bool Sender::is_connected() const {
  // Only one host can refuse; a group or a broadcast address takes no connect().
  return !is_multicast() && !flags_.broadcast && !is_broadcast(target_.address());
}

std::optional<std::uint64_t> Sender::refused() const {
  return is_connected() ? std::optional{refused_} : std::nullopt;
}

Result<void> Sender::open(const std::vector<Endpoint>& targets, const SocketChoice& choice) {
  for (std::size_t i = 0;; ++i) {
    target_ = targets[i];
    auto socket = open_for(target_, choice);
    if (socket) {
      socket_ = std::move(*socket);
      return {};
    }
    const bool next = socket.error().code == ErrorCode::kUnreachable && i + 1 < targets.size();
    if (!next) return std::unexpected(socket.error());
    output_.detail(fmt::format("{}; trying the next address", socket.error().message));
  }
}

Result<UdpSocket> Sender::open_for(const Endpoint& target, const SocketChoice& choice) {
  const bool v4 = target.family() == Family::kIpv4;
  const Endpoint anywhere{v4 ? IpAddress::any_v4() : IpAddress::any_v6(), 0};
  auto socket = UdpSocket::bind(choice.source.value_or(anywhere),
                                {.device = is_multicast() ? std::string{} : choice.device});
  if (!socket) return socket;
  if (auto done = set_up(*socket, choice); !done) return std::unexpected(done.error());
  if (!is_connected()) return socket;
  if (auto done = socket->connect(target); !done) {
    if (done.error().code == ErrorCode::kPermission)
      return std::unexpected(not_permitted(done.error()));
    return std::unexpected(done.error());
  }
  return socket;
}

Result<void> Sender::set_up(UdpSocket& socket, const SocketChoice& choice) const {
  Result<void> done;
  const auto also = [&done](bool wanted, auto set) {
    if (done && wanted) done = set();
  };
  const int ttl = static_cast<int>(flags_.ttl.value_or(0));
  also(flags_.broadcast, [&] { return socket.set_broadcast(true); });
  also(flags_.dont_fragment, [&] { return socket.set_fragmentation(Fragmentation::kForbid); });
  if (is_multicast()) {
    also(choice.interface != 0, [&] { return socket.set_multicast_interface(choice.interface); });
    also(flags_.ttl.has_value(), [&] { return socket.set_multicast_ttl(ttl); });
    also(flags_.loop.has_value(), [&] { return socket.set_multicast_loop(*flags_.loop); });
  } else {
    also(flags_.ttl.has_value(), [&] { return socket.set_ttl(ttl); });
    also(flags_.loop.has_value(), [&]() -> Result<void> {
      return std::unexpected(
          Error{.code = ErrorCode::kInvalid,
                .message = fmt::format("--loop is for multicast groups, and {} is none; drop it",
                                       target_.address().to_string())});
    });
  }
  const auto prepare = option_setter(flags_.socket, output_);
  also(static_cast<bool>(prepare), [&] { return prepare(socket); });
  return done;
}

Result<void> Sender::send(Bytes body, std::optional<Instant> end) {
  const Instant due = pace_.next(now());
  if (end && due >= *end) {
    return std::unexpected(Error{
        .code = ErrorCode::kTimedOut,
        .message = fmt::format("the time is over with not all sent to {}; give a longer --timeout",
                               target_.to_string())});
  }
  std::this_thread::sleep_for(due - now());
  return send_now(body);
}

Result<void> Sender::send_now(Bytes body) {
  const Instant patience = now() + kCrowdedTime;
  for (;;) {
    auto done = is_connected() ? socket_->send(body) : socket_->send_to(body, target_);
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
  } else if (is_connected()) {
    // The socket's own words do not say whom it is connected to.
    error.message = fmt::format("{}: {}", target_.to_string(), error.message);
  }
  return error;
}

void Sender::note_late_refusal() {
  if (!is_connected()) return;
  ReceiveBatch batch{{.slots = 1, .slot_size = 64}};
  const auto received = socket_->receive(batch);
  if (!received && received.error().code == ErrorCode::kRefused) ++refused_;
}

}  // namespace volley::cli
