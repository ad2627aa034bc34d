#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/time.hpp>
#include <volley/udp_socket.hpp>

#include "cli/send_flags.hpp"

namespace volley::cli {

/// Keeps a pace, turn by turn.
class Pace {
 public:
  /// Turns a second; nothing: no limit.
  explicit Pace(std::optional<double> rate);
  /// When the next turn is. After a pause it goes on from there, with no long burst to catch up.
  Instant next(Instant now);

 private:
  Duration interval_;
  std::optional<Instant> due_;
};

/// Sends datagrams one way, to one host, broadcast address or group. One thread; the counts may be
/// read from any.
class Sender {
 public:
  Sender(const SendFlags& flags, Output& output)
      : flags_{flags}, output_{output}, pace_{flags.rate} {}

  /// Opens a socket for the first of the targets that there is a route to. Call it first, and once.
  [[nodiscard]] Result<void> open(const std::vector<Endpoint>& targets, const SocketChoice& choice);
  /// Sends one datagram when its turn comes, waiting for that. Fails with kTimedOut if that is
  /// after `end`.
  [[nodiscard]] Result<void> send(Bytes body, std::optional<Instant> end);
  /// Looks whether the last datagram was refused, as far as is known already.
  void note_late_refusal();

  const Endpoint& target() const { return target_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Refusals heard; nothing if none could be.
  std::optional<std::uint64_t> refused() const;

 private:
  bool is_multicast() const { return target_.address().is_multicast(); }
  bool is_connected() const;
  Result<UdpSocket> open_for(const Endpoint& target, const SocketChoice& choice);
  Result<void> set_up(UdpSocket& socket, const SocketChoice& choice) const;
  Result<void> send_now(Bytes body);
  Error not_permitted(Error error) const;
  Error explain(Error error, std::size_t size) const;

  const SendFlags& flags_;
  Output& output_;
  Pace pace_;
  Endpoint target_;
  std::optional<UdpSocket> socket_;
  std::uint64_t refused_ = 0;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace volley::cli
