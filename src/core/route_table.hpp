#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <volley/endpoint.hpp>

#include "core/address_shares.hpp"
#include "core/lazy_array.hpp"
#include "core/secret_hash.hpp"
#include "core/server_tickets.hpp"
#include "core/slot_list.hpp"
#include "wire/numbers.hpp"

namespace volley {

struct Context;

/// Where answers to one client at one address go, and what is known of it already.
struct Route {
  Endpoint peer{};
  IpAddress local{};  ///< Where the client's datagrams were sent to.
  ClientId client_id{};
  bool loopback = false;  ///< The peer is on this machine.
  KnownTicket ticket{};
  AddressShare* share =
      nullptr;  ///< Of the peer's address, held; none as long as nobody asked for it.
  Context* context = nullptr;   ///< Of the client, as long as no context was forgotten since.
  std::uint32_t forgotten = 0;  ///< How many were when that was noted.
  std::uint32_t holders = 0;
  Slot next_free = kNoSlot;
};

/// The routes of what runs and of what waits to be sent, a fixed number at most, and of the clients
/// heard last: those are found again without a look into larger tables and without a MAC. Allocates
/// when made and never after; one thread.
class RouteTable {
 public:
  static constexpr std::size_t kRemembered = 1'024;

  /// Room for `capacity` routes beside those that are only remembered.
  RouteTable(std::size_t capacity, AddressShares& shares, std::uint64_t hash_secret);

  struct Address {
    const Endpoint& peer;
    const IpAddress& local;
    ClientId client_id;
  };
  /// The client's route, held by the caller; a new one if it is not among those remembered. kNoSlot
  /// if there is no room.
  Slot hold(const Address& address);
  void hold_again(Slot route) { ++routes_[route].holders; }
  void let_go(Slot route, std::uint32_t holds = 1) {
    routes_[route].holders -= holds;
    if (routes_[route].holders == 0) free(route);
  }
  /// Remembers the route for when the client is heard again. Another may be forgotten for it.
  void remember(Slot route);
  /// The share of the peer's address, held as long as the route is; nullptr if there is no room.
  AddressShare* share_of(Slot route);

  Route& at(Slot route) { return routes_[route]; }
  /// Routes that can still be made.
  std::size_t room() const { return room_; }

 private:
  std::size_t place_of(const Address& address) const;
  bool is_of(Slot route, const Address& address) const;
  void free(Slot route);

  AddressShares& shares_;
  std::size_t room_;
  LazyArray<Route> routes_;
  Slot fresh_ = 0;  // From here on no route was ever made.
  Slot free_ = kNoSlot;
  SecretHash hash_;
  std::array<Slot, kRemembered> remembered_{};
  Slot latest_ = kNoSlot;  // The one remembered last, as long as it is.
};

}  // namespace volley
