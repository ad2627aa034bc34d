#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include <volley/server_core.hpp>

#include "script.hpp"
#include "server_books.hpp"

namespace volley::fuzz {

/// What can happen to a server: the first octet of each turn of a script, modulo their number.
enum class ServerTurn : std::uint8_t {
  kFrames,     ///< A datagram with frames, as a client writes it, or nearly.
  kGolden,     ///< One of protocol.md §11, with changes.
  kGarbage,    ///< Octets of the script behind a header, or on their own.
  kReplay,     ///< A datagram of before, from wherever.
  kTime,       ///< Time passes, with its timeouts.
  kReply,      ///< A handler answers,
  kAbandon,    ///< or ends without.
  kSend,       ///< What waits is sent, and some of it is too large for the system.
  kImpatient,  ///< Like kFrames, but not every request is polled.
  kDrain,
};
inline constexpr std::size_t kServerTurns = 10;

/// Plays a script with one server core: with clients that come from a few addresses and keep to the
/// protocol as far as the script lets them, in virtual time. The books judge.
class ServerPlay {
 public:
  explicit ServerPlay(Script& script);

  /// To the script's end, and to the end of all handlers and contexts.
  void run();

 private:
  using Octets = std::vector<std::byte>;

  void turn(ServerTurn turn);
  void hear_frames(std::size_t polled);
  void hear_golden();
  void hear_garbage();
  void hear_again();
  void hear(Octets datagram, const Endpoint& from, std::size_t polled);
  void write_header(std::size_t who);
  void write_frame(std::size_t who);
  std::uint32_t draw_number(std::size_t who);
  ServerBooks::Handler take_handler();
  void reply();
  void abandon();
  void send(std::size_t most, bool too_large);
  void pass(Duration time);
  void finish();
  void check();

  Script& script_;
  ServerCore::Options options_;
  ServerBooks books_;
  ServerCore core_;
  Instant now_;
  std::deque<ServerBooks::Handler> handlers_;
  std::deque<Octets> heard_;             // The last few.
  std::array<std::uint32_t, 6> lowest_;  // L of each client.
  Octets writing_;
  Octets buffer_;
};

}  // namespace volley::fuzz
