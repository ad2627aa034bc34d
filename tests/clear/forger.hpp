#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <volley/endpoint.hpp>

#include "base/random.hpp"
#include "os/fd.hpp"

namespace volley {

/// Sends well-formed clear datagrams from any address: its own guesses at IDs, epochs and tickets.
/// Needs the right to raw sockets.
class Forger {
 public:
  Forger(const Endpoint& server, std::uint64_t seed);

  /// Whether the kernel lets us.
  explicit operator bool() const { return bool{socket_}; }

  /// So many datagrams, half of them from `victim`, the others from 65,536 addresses of 127.1.0.0.
  void send(std::size_t datagrams, const Endpoint& victim);
  std::uint64_t sent() const { return sent_; }

 private:
  void forge(std::vector<std::byte>& packet, const Endpoint& source);

  os::Fd socket_;
  Endpoint server_;
  Random random_;
  std::uint64_t sent_ = 0;
};

}  // namespace volley
