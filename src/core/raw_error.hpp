#pragma once

#include <cstddef>
#include <optional>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/matcher.hpp>

#include "core/raw_event.hpp"
#include "core/request_error.hpp"

namespace volley {

/// Why a request ended without a reply, in words; nothing if it has one. Its code is kRefused, what
/// the last hint said, or kTimedOut.
std::optional<Error> error_of(const RawFinished& finished, const Endpoint& server);

// Why a request did not begin; what any mode may say is in request_error.hpp.
Error no_id_error(std::size_t size, const Matcher& matcher);
Error id_in_flight_error(const Endpoint& server);

}  // namespace volley
