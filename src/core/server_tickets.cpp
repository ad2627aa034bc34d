#include "core/server_tickets.hpp"

#include <chrono>
#include <cstddef>

#include "core/planted.hpp"

namespace volley {
namespace {

constexpr Duration kSecretTurns = std::chrono::seconds{60};

/// Under the present secret and the one before, a ticket is good for more than one turn and at most
/// two: the 60 s and 120 s of protocol.md §3.3.
static_assert(kTicketAtLeast == kSecretTurns && kTicketAtMost == 2 * kSecretTurns);

}  // namespace

std::uint32_t ServerTickets::turn(Instant now) const {
  return static_cast<std::uint32_t>((now - birth_) / kSecretTurns);
}

Ticket ServerTickets::compute(std::uint32_t turn, const Endpoint& peer) {
  const TicketMac::Mac mac =
      mac_.mac(turn, planted(Bug::kTicketWithoutAddress) ? Endpoint{} : peer);
  std::uint64_t ticket = 0;
  for (std::size_t i = 0; i < sizeof ticket; ++i) {
    ticket = ticket << 8U | std::to_integer<std::uint64_t>(mac[i]);
  }
  return Ticket{ticket == 0 ? 1 : ticket};
}

Ticket ServerTickets::issue(KnownTicket& known, const Endpoint& peer, Instant now) {
  const std::uint32_t present = turn(now);
  if (known.turn != present) {
    const bool one_before = known.turn + 1 == present && known.present != Ticket{};
    known = {.turn = present,
             .present = compute(present, peer),
             .previous = one_before ? known.present : Ticket{}};
  }
  return known.present;
}

bool ServerTickets::accepts(Ticket ticket, KnownTicket& known, const Endpoint& peer, Instant now) {
  if (ticket == Ticket{}) return false;
  if (ticket == issue(known, peer, now)) return true;
  if (known.turn == 0) return false;
  if (known.previous == Ticket{}) known.previous = compute(known.turn - 1, peer);
  if (ticket == known.previous) return true;
  if (planted(Bug::kTicketTooLong)) {
    for (std::uint32_t age = 2; age < 10 && age <= known.turn; ++age) {
      if (ticket == compute(known.turn - age, peer)) return true;
    }
  }
  return false;
}

}  // namespace volley
