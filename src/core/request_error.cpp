#include "core/request_error.hpp"

#include <fmt/format.h>

#include <volley/datagram.hpp>

namespace volley {

Error too_large_error(std::size_t size, std::size_t most, const Endpoint& server) {
  return {.code = ErrorCode::kTooLarge,
          .message = fmt::format(
              "a request of {} bytes to {} does not fit one datagram; send at most {} bytes", size,
              server.to_string(), most)};
}

Error no_room_error(std::size_t in_flight, const Endpoint& server) {
  return {.code = ErrorCode::kFull,
          .message = fmt::format("no room for another request to {} with {} in flight; "
                                 "wait until one has ended",
                                 server.to_string(), in_flight)};
}

Error ping_size_error(std::size_t size, std::size_t least, const Endpoint& server) {
  return {.code = ErrorCode::kInvalid,
          .message = fmt::format("a ping of {} bytes to {} cannot be; choose {} to {}", size,
                                 server.to_string(), least, kMaxPayload)};
}

Error no_room_for_ping_error(std::size_t in_flight, const Endpoint& server) {
  return {.code = ErrorCode::kFull,
          .message = fmt::format("no room for another ping to {} with {} unanswered; wait for "
                                 "their echoes, or until they are given up",
                                 server.to_string(), in_flight)};
}

}  // namespace volley
