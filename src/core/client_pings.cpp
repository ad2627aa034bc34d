#include "core/client_pings.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace volley {
std::optional<std::uint64_t> ClientPings::add(std::size_t size, std::uint64_t drawn, Instant now) {
  VOLLEY_CHECK(size >= kLeastSize);
  Ping* const ping = find_place(now);
  if (ping == nullptr) return std::nullopt;
  if (ping->state == State::kQueued) --queued_;
  ping->state = State::kFree;
  while (find(drawn) != nullptr) ++drawn;
  *ping = {.opaque = drawn, .size = size, .made = now, .state = State::kQueued};
  ++queued_;
  return drawn;
}

ClientPings::Ping* ClientPings::find_place(Instant now) {
  // One that is free, one too old to wait for, one whose echo came, or one that seems lost.
  const auto rank = [&](const Ping& ping) {
    if (ping.state == State::kFree) return 0;
    if (ping.datagram != kNoSlot) return 4;  // On its way.
    if (now - ping.made >= patience_) return 1;
    if (ping.state == State::kQueued) return 4;
    return ping.state == State::kAnswered ? 2 : 3;
  };
  const auto best = std::ranges::min_element(
      pings_, {}, [&](const Ping& ping) { return std::pair{rank(ping), ping.made}; });
  return rank(*best) < 4 ? &*best : nullptr;
}

const ClientPings::Ping* ClientPings::find(std::uint64_t opaque) const {
  const auto found = std::ranges::find_if(pings_, [&](const Ping& ping) {
    return ping.state != State::kFree && ping.opaque == opaque;
  });
  return found == pings_.end() ? nullptr : &*found;
}

ClientPings::Ping* ClientPings::find(std::uint64_t opaque) {
  return const_cast<Ping*>(std::as_const(*this).find(opaque));
}

const ClientPings::Ping& ClientPings::next() const {
  VOLLEY_CHECK(queued());
  const auto made = [](const Ping& ping) {
    return ping.state == State::kQueued ? ping.made : Instant::max();
  };
  return *std::ranges::min_element(pings_, {}, made);
}

std::size_t ClientPings::next_size() const {
  return next().size;
}

Frame ClientPings::send(Instant now) {
  Ping& ping = *find(next().opaque);
  ping.state = State::kSent;
  ping.sent = now;
  --queued_;
  return {.type = FrameType::kPing,
          .zeros = static_cast<std::uint16_t>(ping.size - kLeastSize),
          .opaque = ping.opaque};
}

void ClientPings::sent_in(std::uint64_t opaque, Slot datagram) {
  if (Ping* const ping = find(opaque)) ping->datagram = datagram;
}

Slot ClientPings::datagram_of(std::uint64_t opaque) const {
  const Ping* const ping = find(opaque);
  return ping == nullptr ? kNoSlot : ping->datagram;
}

void ClientPings::landed(std::uint64_t opaque) {
  sent_in(opaque, kNoSlot);
}

void ClientPings::refused(std::uint64_t opaque) {
  Ping* const ping = find(opaque);
  if (ping == nullptr || ping->state != State::kSent || ping->again) return;
  ping->state = State::kQueued;
  ping->again = true;
  ++queued_;
}

bool ClientPings::answered(const Frame& pong) const {
  const Ping* const ping = find(pong.opaque);
  return ping != nullptr && ping->state == State::kAnswered;
}

std::optional<Pong> ClientPings::take(const Frame& pong, Instant now) {
  Ping* const ping = find(pong.opaque);
  if (ping == nullptr || ping->size != pong.zeros + kLeastSize) return std::nullopt;
  if (ping->state == State::kAnswered) return std::nullopt;
  if (ping->state == State::kQueued) {
    if (!ping->again) return std::nullopt;  // It was never sent.
    --queued_;
  }
  ping->state = State::kAnswered;
  return Pong{.opaque = ping->opaque, .size = ping->size, .round_trip = now - ping->sent};
}

}  // namespace volley
