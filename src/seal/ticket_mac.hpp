#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <volley/endpoint.hpp>

namespace volley {

/// What tickets and cookies are cut from: SipHash-2-4-128 over an address and port, under a secret
/// that turns (protocol.md §3.3).
///
/// The secret of each turn follows from the incarnation's, so all its workers have the same without
/// talking. Allocates when made and never after; one thread.
class TicketMac {
 public:
  using Secret = std::array<std::byte, 16>;
  using Mac = std::array<std::byte, 16>;

  explicit TicketMac(const Secret& secret);
  TicketMac(TicketMac&&) noexcept;
  TicketMac& operator=(TicketMac&&) noexcept;
  ~TicketMac();

  /// The MAC of this address and port under the secret of the turn. An IPv4 address has one form
  /// only, whatever family the socket is of. Fast for two turns that follow each other; every other
  /// one takes a derivation more.
  Mac mac(std::uint64_t turn, const Endpoint& peer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace volley
