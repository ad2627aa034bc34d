#pragma once

#include <cstdint>

#include <volley/endpoint.hpp>
#include <volley/server_core.hpp>
#include <volley/time.hpp>

#include "seal/ticket_mac.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// What a server knows of the ticket of one address and port: so it computes one once a turn, not
/// once a datagram.
struct KnownTicket {
  std::uint32_t turn = UINT32_MAX;
  Ticket present{};
  Ticket previous{};  ///< 0: not computed yet.
};

/// Issues and accepts tickets (protocol.md §3.3). One thread.
class ServerTickets {
 public:
  explicit ServerTickets(const Incarnation& incarnation)
      : mac_{incarnation.secret}, birth_{incarnation.birth} {}

  /// The ticket that the address and port gets now.
  Ticket issue(KnownTicket& known, const Endpoint& peer, Instant now);
  /// Whether the ticket is one that the address and port got at most 120 s ago.
  bool accepts(Ticket ticket, KnownTicket& known, const Endpoint& peer, Instant now);

 private:
  std::uint32_t turn(Instant now) const;
  Ticket compute(std::uint32_t turn, const Endpoint& peer);

  TicketMac mac_;
  Instant birth_;
};

}  // namespace volley
