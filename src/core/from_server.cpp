#include "core/from_server.hpp"

namespace volley {

bool is_from_server(const Endpoint& peer, const Endpoint& server) {
  if (peer == server) return true;
  // An address that one side names without its scope is compared without.
  const IpAddress& asked = server.address();
  const IpAddress& address = peer.address();
  if (asked.scope() != 0 && address.scope() != 0) return false;
  return peer.port() == server.port() && address.with_scope(0) == asked.with_scope(0);
}

}  // namespace volley
