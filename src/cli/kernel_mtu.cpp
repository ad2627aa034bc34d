#include "cli/kernel_mtu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <volley/clock.hpp>

namespace volley::cli {

namespace {

/// Long enough for an ICMP error to come back from most of the world.
constexpr Duration kQuiet = std::chrono::milliseconds{300};
/// Datagrams of one size that stay without an error: the first may be lost, or its error may be.
constexpr int kSilences = 2;
/// Paths have at most a handful of different MTUs.
constexpr int kMostDatagrams = 64;

class Search {
 public:
  Search(UdpSocket& socket, const Endpoint& target, const KernelMtuLimits& limits,
         const os::StopFlag& stop)
      : socket_{socket},
        target_{target},
        limits_{limits},
        stop_{stop},
        headers_{target.family() == Family::kIpv4 ? 28U : 48U},
        payload_{std::min<std::size_t>(kMaxPayload, limits.max.value_or(UINT32_MAX) - headers_)} {}

  Result<KernelMtu> run() {
    int silences = 0;
    while (silences < kSilences && !found_.reached) {
      if (auto done = check_limits(); !done) return std::unexpected(done.error());
      const std::size_t before = payload_;
      const auto taken = send();
      if (!taken) return std::unexpected(taken.error());
      if (!*taken) continue;
      if (auto done = listen(); !done) return std::unexpected(done.error());
      silences = payload_ == before ? silences + 1 : 0;
    }
    const auto mtu = socket_.path_mtu();
    if (!mtu) return std::unexpected(mtu.error());
    found_.mtu = std::min<std::uint64_t>(*mtu, limits_.max.value_or(UINT32_MAX));
    found_.payload = payload_;
    return found_;
  }

 private:
  Result<void> check_limits() const {
    if (stop_.raised()) {
      return failure(
          ErrorCode::kStopped,
          fmt::format("interrupted before the path MTU to {} was settled", target_.to_string()));
    }
    if (now() >= limits_.deadline || found_.datagrams >= kMostDatagrams) {
      return failure(
          ErrorCode::kTimedOut,
          fmt::format("the path MTU to {} was not settled in time; give a longer --timeout",
                      target_.to_string()));
    }
    return {};
  }

  static std::unexpected<Error> failure(ErrorCode code, std::string message) {
    return std::unexpected(Error{.code = code, .message = std::move(message)});
  }

  /// Sends one datagram of the present size. False: it was not taken, and perhaps a smaller size
  /// was learned.
  Result<bool> send() {
    const std::vector<std::byte> body(payload_, std::byte{'#'});
    ++found_.datagrams;
    const auto done = socket_.send(body);
    if (done) return true;
    // An error may be an earlier datagram's; in either case the kernel has learned from it.
    const ErrorCode code = done.error().code;
    if (code == ErrorCode::kRefused) found_.reached = true;
    if (code != ErrorCode::kRefused && code != ErrorCode::kTooLarge)
      return std::unexpected(done.error());
    if (auto shrunk = shrink(); !shrunk) return std::unexpected(shrunk.error());
    return false;
  }

  /// Listens for a while for what the path has to say.
  Result<void> listen() {
    const Instant until = std::min(now() + kQuiet, limits_.deadline);
    const std::size_t before = payload_;
    ReceiveBatch batch{{.slots = 1, .slot_size = 64}};
    while (payload_ == before && !found_.reached && !stop_.raised() && now() < until) {
      const auto woken = os::wait_readable({socket_.native_handle(), stop_.descriptor()}, until);
      if (!woken) return std::unexpected(woken.error());
      if (auto done = drain_errors(); !done) return done;
      const auto received = socket_.receive(batch);
      if (received && !batch.datagrams().empty()) found_.reached = true;
      if (!received && received.error().code == ErrorCode::kRefused) found_.reached = true;
      if (auto done = shrink(); !done) return done;
    }
    return {};
  }

  Result<void> drain_errors() {
    for (int i = 0; i < kMostDatagrams; ++i) {
      const auto error = socket_.next_error();
      if (!error) return std::unexpected(error.error());
      if (!*error) return {};
      if ((*error)->code == ErrorCode::kUnreachable) {
        return failure(
            ErrorCode::kUnreachable,
            fmt::format("{} says that {} cannot be reached; check the address and the route to it",
                        (*error)->reporter ? (*error)->reporter->to_string() : "this machine",
                        target_.to_string()));
      }
      if ((*error)->code == ErrorCode::kRefused) found_.reached = true;
    }
    return {};
  }

  /// Follows the kernel's path MTU downwards.
  Result<void> shrink() {
    const auto mtu = socket_.path_mtu();
    if (!mtu) return std::unexpected(mtu.error());
    payload_ = std::min<std::size_t>(payload_, *mtu - headers_);
    return {};
  }

  UdpSocket& socket_;
  const Endpoint& target_;
  const KernelMtuLimits& limits_;
  const os::StopFlag& stop_;
  std::uint32_t headers_;
  std::size_t payload_;
  KernelMtu found_;
};

}  // namespace

Result<KernelMtu> find_kernel_mtu(UdpSocket& socket, const Endpoint& target,
                                  const KernelMtuLimits& limits, const os::StopFlag& stop) {
  if (auto done = socket.set_fragmentation(Fragmentation::kForbid); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = socket.set_error_queue(true); !done) return std::unexpected(done.error());
  return Search{socket, target, limits, stop}.run();
}

}  // namespace volley::cli
