#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include <volley/client_core.hpp>

#include "client_books.hpp"
#include "core/client_state.hpp"
#include "script.hpp"

namespace volley::fuzz {

/// What can happen to a client: the first octet of each turn of a script, modulo their number.
enum class ClientTurn : std::uint8_t {
  kRequest,
  kPing,
  kCancel,
  kSend,
  kAnswer,   ///< The server answers a datagram, or nearly.
  kBare,     ///< It refuses one.
  kGolden,   ///< A datagram of protocol.md §11, with changes.
  kGarbage,  ///< Octets of the script behind a header, or on their own.
  kReplay,   ///< A datagram of the server's of before, from it or from a stranger.
  kTime,     ///< Time passes, with its timeouts.
  kHint,
  kRestart,  ///< Another life of the server, or one of before.
};
inline constexpr std::size_t kClientTurns = 12;

/// Plays a script with one client core and a server that says what the script wants, in virtual
/// time. The books judge.
class ClientPlay {
 public:
  explicit ClientPlay(Script& script);
  ClientPlay(const ClientPlay&) = delete;
  ClientPlay& operator=(const ClientPlay&) = delete;

  /// To the script's end, and to that of all requests.
  void run();

 private:
  using Octets = std::vector<std::byte>;

  void turn(ClientTurn turn);
  void request();
  void ping();
  void cancel();
  void send(std::size_t most);
  void answer();
  void answer_frame(const sim::WireFrame& frame);
  void refuse();
  void hear_golden();
  void hear_garbage();
  void hear_again();
  void restart();
  void write_header(std::uint64_t client_id, std::uint8_t turn);
  void write_numbered(std::uint16_t type_and_flags, const sim::WireFrame& frame);
  void hear(Octets datagram, const Endpoint& from);
  void take_events();
  void pass(Duration time);
  void check();
  void finish();

  Script& script_;
  ClientCore::Options options_;
  ClientBooks books_;
  std::uint64_t secrets_ = 0;
  ClientState core_;
  Instant now_;
  std::uint64_t asked_ = 0;
  std::size_t timeouts_ = 0;
  std::deque<Octets> sent_;   // The client's last few datagrams,
  std::deque<Octets> heard_;  // and the server's.
  std::size_t life_ = 0;      // Which of its lives the server has,
  std::array<Instant, 4> births_;
  Octets writing_;
  Octets buffer_;
};

}  // namespace volley::fuzz
