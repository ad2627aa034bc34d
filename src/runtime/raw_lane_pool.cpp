#include "runtime/raw_lane_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <volley/clock.hpp>

#include "os/entropy.hpp"

namespace volley {
namespace {

/// A lane that was heard so lately is not looked at again before its next request. What can come
/// meanwhile is little beside what can come until the reply does, and no look helps against that.
constexpr Duration kJustNow = std::chrono::microseconds{10};

void add(RawClientCounters& total, const RawLane& lane) {
  const RawClientCounters& counters = lane.core().counters();
  total.requests += counters.requests;
  total.attempts += counters.attempts;
  total.replies += counters.replies;
  total.strangers += counters.strangers;
  total.wrong_id += counters.wrong_id;
  total.duplicates += counters.duplicates;
  total.late += counters.late;
  total.refused += counters.refused;
  total.truncated += lane.truncated();
}

}  // namespace

/// What the user prepares comes after what is ours, so that his word stands.
Result<UdpSocket> RawLanePool::open_socket() const {
  const bool plain =
      options_.connected && !options_.source && options_.device.empty() && !options_.prepare;
  auto socket = plain ? UdpSocket::open_connected(server_)
                      : UdpSocket::bind(
                            options_.source.value_or(Endpoint{IpAddress::any(server_.family()), 0}),
                            {.device = options_.device});
  if (!socket) return socket;
  Result<void> done;
  // With one peer the queue can only tell of that one, and it tells of unreachable hosts too.
  if (options_.connected) done = socket->set_error_queue(true);
  if (done && options_.prepare) done = options_.prepare(*socket);
  if (done && options_.connected && !plain) done = socket->connect(server_);
  if (!done) return std::unexpected(done.error());
  return socket;
}

/// A socket whose port no late answer can reach: the kernel soon gives a closed socket's port to
/// another.
Result<UdpSocket> RawLanePool::open_unspent_socket() {
  // At most half of the ports the kernel chooses from are spent.
  constexpr int kTries = 32;
  for (int i = 0; i < kTries && !spent_.full(now()); ++i) {
    auto socket = open_socket();
    if (!socket) return socket;
    const auto local = socket->local();
    if (!local) return std::unexpected(local.error());
    if (!spent_.contains(local->port(), now())) return socket;
  }
  return std::unexpected(
      Error{ErrorCode::kFull, 0,
            fmt::format(
                "cannot ask {}: late answers may still reach every local port tried; give a "
                "Matcher (--match), "
                "leave the source port out, or wait {} s",
                server_.to_string(),
                std::chrono::duration_cast<std::chrono::seconds>(RawLimits::kSpentHold).count())});
}

Result<RawLanePool::Token> RawLanePool::open() {
  auto socket = open_unspent_socket();
  if (!socket) return std::unexpected(socket.error());
  const auto place =
      std::ranges::find_if_not(lanes_, [](const auto& lane) { return lane != nullptr; });
  const auto token = static_cast<Token>(place - lanes_.begin());
  if (auto done = watch(*socket, token); !done) return std::unexpected(done.error());

  RawClientCore::Options core{.server = server_,
                              .policy = policy_,
                              .window = options_.matcher ? options_.window : 1,
                              .matcher = options_.matcher,
                              .seed = os::random_u64(),
                              .report_waits = options_.on_wait != nullptr};
  auto lane =
      std::make_unique<RawLane>(std::move(*socket), options_.connected, std::move(core), rtt_);
  if (place == lanes_.end()) {
    lanes_.push_back(std::move(lane));
  } else {
    *place = std::move(lane);
  }
  return token;
}

/// A client of one lane waits for that one alone: the poller watches from the second on.
Result<void> RawLanePool::watch(const UdpSocket& socket, Token token) {
  if (token == 0 && lanes_.size() <= 1) return {};
  if (auto done = poller_.watch(socket.native_handle(), token); !done) return done;
  return lanes_.size() == 1 ? poller_.watch(lanes_[0]->socket().native_handle(), 0)
                            : Result<void>{};
}

void RawLanePool::close(Token token) {
  poller_.forget(lanes_[token]->socket().native_handle());
  add(closed_, *lanes_[token]);
  const auto local = lanes_[token]->socket().local();
  if (local) spent_.add(local->port(), now());
  lanes_[token] = nullptr;
}

Result<RawLanePool::Token> RawLanePool::acquire(Instant now) {
  if (options_.matcher) return lanes_.empty() ? open() : Result<Token>{0};
  while (!idle_.empty()) {
    const auto [token, since] = idle_.back();
    idle_.pop_back();
    const bool just_heard = now - since < kJustNow && !lanes_[token]->core().spent();
    if (just_heard || is_quiet(*lanes_[token], now)) return token;
    close(token);
  }
  return open();
}

/// Whether nothing came since the last request ended: it would have come uninvited, and spends the
/// lane. So does an error, behind which more may wait.
bool RawLanePool::is_quiet(RawLane& lane, Instant now) {
  if (!lane.receive(stale_)) return !lane.core().spent();
  lane.handle(stale_, now);
  return false;
}

void RawLanePool::release(Token token, Instant now) {
  if (options_.matcher) return;
  if (lanes_[token]->core().spent()) return close(token);
  idle_.push_back({token, now});
}

RawClientCounters RawLanePool::counters() const {
  RawClientCounters total = closed_;
  for (const auto& lane : lanes_) {
    if (lane) add(total, *lane);
  }
  return total;
}

}  // namespace volley
