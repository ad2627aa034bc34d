#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/matcher.hpp>
#include <volley/options.hpp>
#include <volley/raw_answer.hpp>
#include <volley/time.hpp>

namespace volley {

class UdpSocket;

struct RawClientOptions {
  /// By default chosen by the destination's kind of address.
  std::optional<RetryPolicy> policy{};
  /// With one, a single socket carries all requests; without, each in flight has its own.
  std::optional<Matcher> matcher{};
  /// Requests in flight at most.
  std::size_t window = 16;
  /// False: strangers reach us and are counted, refusals do not.
  bool connected = true;
  /// Send from this address, and port unless it is 0.
  std::optional<Endpoint> source{};
  /// Send by this interface only.
  std::string device{};
  Idle idle = Idle::kSleep;
  /// Run on every socket before it is used: options that Volley does not know of.
  std::function<Result<void>(UdpSocket&)> prepare{};
  /// Told of each wait as it begins: attempt 1 is the first send.
  std::function<void(unsigned attempt, Duration wait)> on_wait{};
};

/// Sends requests to one server of any UDP protocol: retries with backoff under a deadline, and
/// believes only replies from the server's address and, with a Matcher, with the request's ID.
///
/// Runs on the caller's thread; no thread of its own. One thread at a time, but stop() from any and
/// from signal handlers. The server's round trips are learned once for all requests.
class RawClient {
 public:
  using Handler = std::move_only_function<void(const RawAnswer&)>;

  /// Opens the first socket, so that a wrong source or device fails here. Fails as UdpSocket::bind
  /// does, and with kInvalid for options that cannot work and for a server that is a multicast or
  /// broadcast address: one answer would be no more than one of many.
  [[nodiscard]] static Result<RawClient> open(const Endpoint& server,
                                              RawClientOptions options = {});

  RawClient(RawClient&&) noexcept;
  RawClient& operator=(RawClient&&) noexcept;
  ~RawClient();

  /// Sends `body`, waits and tries again until there is an answer or `timeout` (by default the
  /// policy's) has passed. Fails only for what is wrong on this side: kTooLarge, kInvalid (no ID in
  /// the body), kStopped, kFull (no more sockets).
  [[nodiscard]] Result<RawAnswer> request(Bytes body, std::optional<Duration> timeout = {});

  /// Starts a request; `handler` gets its end from within a run call. Fails as request() does, and
  /// with kFull when the window is: run_once() makes room.
  [[nodiscard]] Result<void> submit(Bytes body, Handler handler,
                                    std::optional<Duration> timeout = {});
  std::size_t in_flight() const;
  bool has_room() const;

  /// Sends what is due, waits for something to happen (no longer than `until`), and runs the
  /// handlers.
  [[nodiscard]] Result<void> run_once(std::optional<Instant> until = {});
  /// Runs until nothing is in flight. Fails with kStopped.
  [[nodiscard]] Result<void> run_until_idle();
  /// Makes every run call and request() return kStopped, now and from now on.
  void stop() noexcept;

  const Endpoint& server() const;
  /// The smoothed round trip, once one is known.
  std::optional<Duration> smoothed_round_trip() const;
  RawClientCounters counters() const;

 private:
  struct State;
  explicit RawClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace volley
