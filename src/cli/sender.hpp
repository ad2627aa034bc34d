#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/time.hpp>
#include <volley/udp_socket.hpp>

#include "cli/body.hpp"
#include "cli/flags.hpp"
#include "cli/units.hpp"
#include "os/files.hpp"

namespace volley::cli {

/// Keeps a pace, turn by turn.
class Pace {
 public:
  /// Nothing: no limit.
  explicit Pace(std::optional<Rate> rate) : rate_{rate} {}
  /// When the next turn is, for a body of so many bytes. After a pause it goes on from there, with
  /// no long burst to catch up.
  Instant next(Instant now, std::size_t bytes);

 private:
  std::optional<Rate> rate_;
  std::optional<Instant> due_;
};

/// How `send` sends.
struct SendFlags {
  bool broadcast = false;
  std::optional<std::uint64_t> ttl;
  std::optional<bool> loop;
  std::optional<Rate> rate;
  bool dont_fragment = false;
};

/// Sends datagrams one way, to one host, broadcast address or group. One thread; the counts may be
/// read from any.
class Sender {
 public:
  /// All of it must outlive the sender.
  Sender(const SendFlags& flags, const SocketFlags& socket, const Route& route, Output& output);

  /// Opens a socket for the first of the targets that there is a route to. Call it first, and once.
  [[nodiscard]] Result<void> open();
  /// Sends one datagram when its turn comes, waiting for that. Fails with kTimedOut if that is
  /// after the deadline, kStopped when it is told to stop.
  [[nodiscard]] Result<void> send(Bytes body, const os::Patience& patience);
  /// Whether a refusal has come, as far as is known already.
  bool hears_refusal();

  std::string target() const { return target_.to_string(); }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Refusals heard; nothing if none could be.
  std::optional<std::uint64_t> refused() const {
    return connected_ ? std::optional{refused_} : std::nullopt;
  }
  Error refusal() const;

 private:
  Result<UdpSocket> open_for(const Endpoint& target);
  Result<void> set_up(UdpSocket& socket) const;
  Result<void> await_turn(std::size_t bytes, const os::Patience& patience);
  Result<void> send_now(Bytes body);
  Error not_permitted(Error error) const;
  Error explain(Error error, std::size_t size) const;

  const SendFlags& flags_;
  const SocketFlags& socket_flags_;
  const SocketChoice& choice_;
  std::span<const Endpoint> untried_;
  Output& output_;
  Pace pace_;
  Endpoint target_;
  bool multicast_ = false;
  bool connected_ = false;  // Only one host can refuse; a group or a broadcast address cannot.
  std::optional<UdpSocket> socket_;
  std::uint64_t refused_ = 0;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace volley::cli
