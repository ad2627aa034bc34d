#include "server_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

// protocol.md §3.3.
constexpr Duration kTicketAccepted = 60s;
constexpr Duration kTicketDead = 120s;
// protocol.md §6.3.
constexpr std::int64_t kMostAmplification = 3;

}  // namespace

void ServerWatch::violate(Instant now, std::string oracle, const std::string& what) {
  seat_.verdict.violate(now, std::move(oracle),
                        fmt::format("the server of epoch {:04x} {}", seat_.epoch >> 48U, what));
}

void ServerWatch::begin(Bytes datagram, const Endpoint& from, const Turn& turn, Instant local) {
  arrival_.emplace();
  arrival_->alone = turn.alone;
  arrival_->from = from;
  arrival_->size = datagram.size();
  Address& address = addresses_[from];
  const auto size = static_cast<std::int64_t>(datagram.size());
  address.budget += size;
  const auto header = read_header(datagram);
  if (!header || header->from_server) return;
  arrival_->header = *header;
  arrival_->misrouted = (header->client_id >> 48U) % seat_.profile.workers != turn.worker;

  FrameWalk walk{datagram};
  std::size_t frames = 0;
  while (const auto frame = walk.next()) {
    arrival_->only_idempotent = frames++ == 0 && frame->idempotent();
  }
  arrival_->asks = frames > 0;
  if (walk.malformed()) return;
  check_right(address, local);
  if (arrival_->right) address.proven = true;
  if (arrival_->only_idempotent) address.budget += (kMostAmplification - 1) * size;
}

void ServerWatch::check_right(const Address& address, Instant local) {
  if (arrival_->header.epoch != seat_.epoch || arrival_->header.ticket == 0) return;
  for (const Ticket& ticket : address.tickets) {
    if (ticket.value != arrival_->header.ticket) continue;
    arrival_->right = local - ticket.written <= kTicketDead;
    arrival_->fresh = local - ticket.written <= kTicketAccepted;
  }
}

void ServerWatch::executes(Uid uid, bool idempotent, Instant now) {
  const std::string name = seat_.books.name(uid);
  if (!arrival_) return violate(now, "tickets", "runs " + name + " without a datagram");
  if (arrival_->misrouted) violate(now, "misrouted", "runs " + name + " on the wrong worker");
  if (!arrival_->right && !(idempotent && arrival_->only_idempotent)) {
    violate(now, "tickets", "runs " + name + " without a right ticket");
  }
}

void ServerWatch::sent(Bytes datagram, const Endpoint& to, Instant local, Instant acted,
                       Instant now) {
  const auto header = read_header(datagram);
  if (!header || !header->from_server || header->epoch != seat_.epoch) {
    return violate(now, "well-formed", "sends a datagram without a right header");
  }
  check_uptime(*header, local, now);
  Address& address = addresses_[to];
  address.budget -= static_cast<std::int64_t>(datagram.size());
  if (!address.proven && address.budget < 0) {
    violate(now, "amplification",
            fmt::format("sends more to {} than came from there", to.to_string()));
  }
  if (arrival_ && arrival_->alone && arrival_->from == to) check_answer(*header, datagram, now);
  check_frames(*header, datagram, acted, now);
  write_ticket(address, header->ticket, local);
}

void ServerWatch::check_answer(const WireHeader& header, Bytes datagram, Instant now) {
  Arrival& arrival = *arrival_;
  const std::size_t answers = arrival.answers++;
  const bool bare = datagram.size() == kHeaderSize;
  if (arrival.misrouted) violate(now, "misrouted", "answers on the wrong worker");
  if (arrival.right) {
    // protocol.md §3.3: a server MUST accept a ticket for 60 s.
    if (arrival.fresh && arrival.asks && bare) {
      violate(now, "tickets", "refuses a ticket that is good");
    }
    return;
  }
  if (answers > 0) violate(now, "tickets", "answers twice without a right ticket");
  if (!bare && !arrival.only_idempotent) {
    violate(now, "tickets", "answers frames without a right ticket");
  }
  if (bare &&
      (header.turn != arrival.header.turn || header.client_id != arrival.header.client_id)) {
    violate(now, "bare header", "answers with another turn or client_id");
  }
}

void ServerWatch::check_uptime(const WireHeader& header, Instant local, Instant now) {
  // protocol.md §5.9: an uptime that is too long would prove too much.
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(local - seat_.birth).count();
  const auto lived = std::min<std::int64_t>(whole, 0xffff'ffff);
  constexpr std::int64_t kRounding = 5;
  if (header.note > lived || header.note + kRounding < lived) {
    violate(now, "uptime", fmt::format("says {} ms after {} ms", header.note, lived));
  }
}

void ServerWatch::check_frames(const WireHeader& header, Bytes datagram, Instant acted,
                               Instant now) {
  FrameWalk walk{datagram};
  while (const auto frame = walk.next()) {
    switch (frame->type) {
      case WireType::kPong:
        continue;
      case WireType::kReply:
      case WireType::kNack:
      case WireType::kWorking:
        break;
      default:
        violate(now, "well-formed", "sends a client's frame");
        continue;
    }
    const Flight* flight = seat_.numbers.find(header.client_id, frame->seq);
    if (flight == nullptr) continue;
    if (frame->nacks(WireNack::kBusy) || frame->nacks(WireNack::kNever)) {
      seat_.books.refuse(flight->uid, seat_.epoch, acted, now);
    } else if (!frame->nacks(WireNack::kOverload)) {
      seat_.books.claim_ran(flight->uid, seat_.epoch, now);
    }
  }
  if (walk.malformed()) violate(now, "well-formed", "sends a malformed frame");
}

void ServerWatch::write_ticket(Address& address, std::uint64_t ticket, Instant local) {
  for (Ticket& written : address.tickets) {
    if (written.value != ticket) continue;
    written.written = std::max(written.written, local);
    return;
  }
  auto& oldest = *std::ranges::min_element(address.tickets, {}, &Ticket::written);
  oldest = {ticket, local};
}

}  // namespace volley::sim
