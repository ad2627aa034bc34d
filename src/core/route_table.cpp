#include "core/route_table.hpp"

#include <bit>
#include <utility>

namespace volley {

RouteTable::RouteTable(std::size_t capacity, AddressShares& shares, std::uint64_t hash_secret)
    : shares_{shares}, room_{capacity + kRemembered}, routes_{room_}, hash_{hash_secret} {
  remembered_.fill(kNoSlot);
}

std::size_t RouteTable::place_of(const Address& address) const {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(address.peer.address().bytes());
  const std::uint64_t host = hash_(halves[0] ^ hash_(halves[1] + address.peer.port()));
  return hash_(host ^ std::to_underlying(address.client_id)) % kRemembered;
}

bool RouteTable::is_of(Slot route, const Address& address) const {
  const Route& known = routes_[route];
  return known.client_id == address.client_id && known.peer == address.peer &&
         known.local == address.local;
}

Slot RouteTable::hold(const Address& address) {
  // Trains come from one client.
  if (latest_ != kNoSlot && is_of(latest_, address)) {
    hold_again(latest_);
    return latest_;
  }
  Slot route = remembered_[place_of(address)];
  if (route != kNoSlot && is_of(route, address)) {
    hold_again(route);
    return route;
  }
  if (room_ == 0) return kNoSlot;
  --room_;
  route = free_;
  if (route != kNoSlot) {
    free_ = routes_[route].next_free;
  } else {
    route = fresh_++;
  }
  routes_.make(route, {.peer = address.peer,
                       .local = address.local,
                       .client_id = address.client_id,
                       .loopback = address.peer.address().kind() == AddressKind::kLoopback,
                       .holders = 1});
  return route;
}

void RouteTable::remember(Slot route) {
  if (route == latest_) return;
  latest_ = route;
  const Route& remembered = routes_[route];
  Slot& place = remembered_[place_of({remembered.peer, remembered.local, remembered.client_id})];
  if (place == route) return;
  hold_again(route);
  const Slot before = std::exchange(place, route);
  if (before != kNoSlot) let_go(before);
}

AddressShare* RouteTable::share_of(Slot route) {
  Route& known = routes_[route];
  if (known.share == nullptr) known.share = shares_.hold(known.peer.address());
  return known.share;
}

void RouteTable::free(Slot route) {
  if (route == latest_) latest_ = kNoSlot;
  if (routes_[route].share != nullptr) shares_.let_go(*routes_[route].share);
  routes_[route].next_free = free_;
  free_ = route;
  ++room_;
}

}  // namespace volley
