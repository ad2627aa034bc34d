#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/time.hpp>

#include "books.hpp"
#include "numbers.hpp"
#include "profile.hpp"
#include "verdict.hpp"
#include "wire_view.hpp"

namespace volley::sim {

/// Reads everything that one incarnation of the server hears and says, and holds it to the rules of
/// protocol.md §3 and §6 that a wire shows: who showed a ticket, what may be answered to whom, what
/// may run.
class ServerWatch {
 public:
  struct Seat {
    const Profile& profile;
    Verdict& verdict;
    Books& books;
    const Numbers& numbers;
    std::uint64_t epoch;
    Instant birth;  ///< On the server's clock.
  };

  explicit ServerWatch(const Seat& seat) : seat_{seat} {}

  struct Turn {
    unsigned worker = 0;
    bool alone = false;  ///< Everything is sent before the next datagram: answers are to this one.
  };
  /// A worker is about to handle a datagram, and will be told that it is `local`.
  void begin(Bytes datagram, const Endpoint& from, const Turn& turn, Instant local);
  /// It has, and has sent what it had to say to it.
  void end() { arrival_.reset(); }

  /// A handler starts.
  void executes(Uid uid, bool idempotent, Instant now);
  /// A worker sends. `acted` is the true time at which the server's clock showed `local`.
  void sent(Bytes datagram, const Endpoint& to, Instant local, Instant acted, Instant now);

 private:
  struct Ticket {
    std::uint64_t value = 0;
    Instant written{};
  };
  struct Address {
    std::int64_t budget = 0;  ///< Octets that may still go there unproven.
    bool proven = false;
    std::array<Ticket, 3> tickets{};
  };
  /// The datagram being handled.
  struct Arrival {
    Endpoint from{};
    WireHeader header{};
    std::size_t size = 0;
    std::size_t answers = 0;
    bool alone = false;
    bool misrouted = false;
    bool right = false;            ///< Epoch and ticket.
    bool fresh = false;            ///< The ticket must be accepted.
    bool asks = false;             ///< A frame other than PAD is in it.
    bool only_idempotent = false;  ///< And that is one idempotent REQUEST.
  };

  void violate(Instant now, std::string oracle, const std::string& what);
  void check_right(const Address& address, Instant local);
  void check_answer(const WireHeader& header, Bytes datagram, Instant now);
  void check_uptime(const WireHeader& header, Instant local, Instant now);
  void check_frames(const WireHeader& header, Bytes datagram, Instant acted, Instant now);
  void write_ticket(Address& address, std::uint64_t ticket, Instant local);

  Seat seat_;
  std::optional<Arrival> arrival_;
  std::unordered_map<Endpoint, Address> addresses_;
};

}  // namespace volley::sim
