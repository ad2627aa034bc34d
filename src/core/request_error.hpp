#pragma once

#include <cstddef>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>

namespace volley {

// Why a request did not begin, in any mode.

/// `most`: what would have fit.
Error too_large_error(std::size_t size, std::size_t most, const Endpoint& server);
Error no_room_error(std::size_t in_flight, const Endpoint& server);

// Why a ping did not.
Error ping_size_error(std::size_t size, std::size_t least, const Endpoint& server);
Error no_room_for_ping_error(std::size_t in_flight, const Endpoint& server);

}  // namespace volley
