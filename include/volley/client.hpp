#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>
#include <volley/client_core.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

class UdpSocket;

struct ClientOptions {
  /// By default chosen by the destination's kind of address.
  std::optional<RetryPolicy> policy{};
  /// Requests in flight and queued at most; to 65,536.
  std::size_t window = 1'024;
  /// Send from this address, and port unless it is 0.
  std::optional<Endpoint> source{};
  /// Send by this interface only.
  std::string device{};
  Idle idle = Idle::kSleep;
  double drop = 0.0;       ///< Probability that a datagram in is ignored: simulated loss.
  std::uint64_t seed = 1;  ///< Of that loss.
  /// Run on the socket before it is used: options that Volley does not know of.
  std::function<Result<void>(UdpSocket&)> prepare{};
  /// Told of each echo of submit_ping(), from within a run call.
  std::function<void(const Pong&)> on_pong{};
};

/// Sends requests to one Volley server. Each is executed at most once, and ends with exactly one
/// outcome: a reply, or which of the ways it failed (protocol.md §1.2).
///
/// Runs on the caller's thread; no thread of its own. One thread at a time, but stop() from any and
/// from signal handlers. Requests submitted together share datagrams.
///
/// Clear mode: faults, strangers and whoever guesses or forges addresses are dealt with; whoever
/// sees the traffic is not.
class Client {
 public:
  using Handler = std::move_only_function<void(const Answer&)>;

  /// Opens the socket; nothing is sent yet. Fails as UdpSocket::bind and connect do.
  [[nodiscard]] static Result<Client> open(const Endpoint& server, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Sends `body` and waits for what becomes of it. Fails only for what is wrong on this side:
  /// kTooLarge (over 65,459 bytes), kFull, kStopped.
  [[nodiscard]] Result<Answer> request(Bytes body, const RequestOptions& options = {});

  /// Starts a request; `handler` gets its end from within a run call. Fails as request() does:
  /// kFull when the window is, and run_once() makes room.
  [[nodiscard]] Result<void> submit(Bytes body, Handler handler,
                                    const RequestOptions& options = {});
  /// The same, and faster: what is small and cannot be null, as most lambdas, is made in its place.
  template <class F>
    requires std::is_nothrow_constructible_v<Handler, F> && (!std::is_constructible_v<bool, F>)
  [[nodiscard]] Result<void> submit(Bytes body, F&& handler, const RequestOptions& options = {}) {
    Handler* const place = begin(body, options);
    if (place == nullptr) return std::unexpected(refusal(body));
    std::construct_at(place, std::forward<F>(handler));
    return {};
  }
  std::size_t in_flight() const;
  bool has_room() const;

  /// Has a datagram of `size` bytes (44 to 65,507) echoed by the server, which runs nothing: the
  /// opaque number it bears. ClientOptions::on_pong tells of the echo. Fails with kInvalid, and
  /// with kFull: 64 at a time.
  [[nodiscard]] Result<std::uint64_t> submit_ping(std::size_t size);
  /// The same, and waits for the echo: nothing if none came within `timeout`. Fails with kStopped,
  /// and as soon as the network says that something is wrong, with what it said: a hint.
  [[nodiscard]] Result<std::optional<Pong>> ping(std::size_t size, Duration timeout);

  /// Sends what is due, waits for something to happen (no longer than `until`), and runs the
  /// handlers.
  [[nodiscard]] Result<void> run_once(std::optional<Instant> until = {});
  /// Runs until no request is in flight. Fails with kStopped.
  [[nodiscard]] Result<void> run_until_idle();
  /// Makes every run call and request() return kStopped, now and from now on.
  void stop() noexcept;

  const Endpoint& server() const;
  /// The last thing that the network or this machine said was wrong. A hint: ICMP is easily forged.
  std::optional<ErrorCode> last_hint() const;
  /// The smoothed round trip, once one is known.
  std::optional<Duration> smoothed_round_trip() const;
  const ClientCounters& counters() const;

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  /// Starts a request: where its handler is to be made. nullptr: it was refused, and why.
  Handler* begin(Bytes body, const RequestOptions& options);
  Error refusal(Bytes body) const;

  std::unique_ptr<State> state_;
};

}  // namespace volley
