#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/server_core.hpp>
#include <volley/time.hpp>

#include "sim/wire_view.hpp"

namespace volley::fuzz {

/// Reads all that goes into one server core and comes out of it, and knows what must not: a number
/// that runs twice, a word that is not true, an answer to who showed no ticket and that is too
/// long (protocol.md §6). It has its own reader of the wire, and asks the core nothing.
class ServerBooks {
 public:
  struct Seat {
    std::uint64_t epoch;
    Instant birth;
    unsigned worker;
    unsigned workers;
    Endpoint local;
  };
  explicit ServerBooks(const Seat& seat) : seat_{seat} {}

  /// A number of a client_id.
  using Key = std::pair<std::uint64_t, std::uint32_t>;
  struct Handler {
    ExecutionId id{};
    Key key{};
    bool idempotent = false;
  };

  /// The core is about to handle a datagram, which stays where it is until the next.
  void arrives(Bytes datagram, const Endpoint& from, Instant now);
  /// It starts a handler.
  Handler starts(const Execution& execution, Instant now);
  /// A handler ends: with this reply, if it is one that can be sent.
  void ends(const Handler& handler, std::optional<std::uint16_t> status, Bytes body, Instant now);
  /// The core sends.
  void sends(const Transmit& transmit, Bytes octets, Instant now);

  /// The ticket last written to an address and port, or 0.
  std::uint64_t ticket(const Endpoint& peer) const;
  std::size_t running() const { return running_; }

 private:
  struct Address {
    std::int64_t budget = 0;  ///< Octets that may go there while it has shown no ticket.
    bool proven = false;
    std::uint64_t ticket = 0;                  ///< The last.
    std::map<std::uint64_t, Instant> written;  ///< Tickets, and when each was last written.
    std::set<std::uint64_t> client_ids;        ///< That came from there.
    std::set<std::pair<std::uint64_t, std::size_t>> pings;  ///< Opaque and size.
  };
  struct Number {
    bool started = false;  ///< In the present life of its context.
    bool refused = false;
    bool ran = false;    ///< Ever, idempotent requests of that number among them.
    bool mixed = false;  ///< It came idempotent too: then BUSY may be of that.
    std::set<std::size_t> replies;
  };
  /// How long the server must remember a client_id.
  struct Life {
    Instant alive{};
    unsigned running = 0;
  };
  struct Arrival {
    Bytes datagram;
    Endpoint from;
    sim::WireHeader header{};
    bool valid = false;
    bool right = false;
    bool only_idempotent = false;
  };

  void forget_silent(std::uint64_t client_id, Instant now);
  void read_frames(Address& address);
  void check_datagram(Address& address, Bytes datagram, Instant now);
  void check_frame(const Address& address, std::uint64_t client_id, const sim::WireFrame& frame);

  Seat seat_;
  Arrival arrival_;
  std::map<Endpoint, Address> addresses_;
  std::map<Key, Number> numbers_;
  std::map<std::uint64_t, Life> lives_;
  std::size_t running_ = 0;
};

}  // namespace volley::fuzz
