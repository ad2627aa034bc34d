#pragma once

#include <volley/endpoint.hpp>

namespace volley {

/// Whether a datagram from `peer` comes from the server that a client asks.
bool is_from_server(const Endpoint& peer, const Endpoint& server);

}  // namespace volley
