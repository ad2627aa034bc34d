#include "core/raw_error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <volley/datagram.hpp>

namespace volley {
namespace {

/// "3.1 s", "40 ms", "0.2 ms": one decimal at most.
std::string duration_text(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto rounded = [](double value) { return std::round(value * 10) / 10; };
  if (seconds >= 0.9995) return fmt::format("{} s", rounded(seconds));
  return fmt::format("{} ms", rounded(seconds * 1000));
}

std::string_view cause(std::optional<ErrorCode> hint) {
  switch (hint.value_or(ErrorCode::kTimedOut)) {
    case ErrorCode::kRefused:
      return "something on the way said that nothing listens on that port";
    case ErrorCode::kUnreachable:
      return "the network says that it cannot be reached; check the address and the route to it";
    case ErrorCode::kTooLarge:
      return "the request is too large for the path; send less";
    case ErrorCode::kPermission:
      return "this machine did not permit the sending; check its firewall";
    default:
      return "the server may be down";
  }
}

Error no_answer_error(const RawFinished& finished, const Endpoint& server) {
  const std::string tried =
      finished.attempts == 0
          ? fmt::format("nothing could be sent to {}", server.to_string())
          : fmt::format("no answer from {} after {} attempt{}", server.to_string(),
                        finished.attempts, finished.attempts == 1 ? "" : "s");
  return {.code = finished.hint.value_or(ErrorCode::kTimedOut),
          .message = fmt::format("{} in {}: {}", tried, duration_text(finished.elapsed),
                                 finished.attempts == 0 && !finished.hint
                                     ? "this machine's send queue stayed full; send less at a time"
                                     : cause(finished.hint))};
}

}  // namespace

std::optional<Error> error_of(const RawFinished& finished, const Endpoint& server) {
  switch (finished.outcome) {
    case RawOutcome::kReply:
      return std::nullopt;
    case RawOutcome::kRefused:
      return Error{.code = ErrorCode::kRefused,
                   .message = server.to_string() + " refused: nothing listens on that port"};
    case RawOutcome::kNoAnswer:
      return no_answer_error(finished, server);
  }
  return std::nullopt;
}

Error too_large_error(std::size_t size, const Endpoint& server) {
  return {.code = ErrorCode::kTooLarge,
          .message = fmt::format(
              "a request of {} bytes to {} does not fit one datagram; send at most {} bytes", size,
              server.to_string(), kMaxPayload)};
}

Error no_room_error(std::size_t in_flight, const Endpoint& server) {
  return {.code = ErrorCode::kFull,
          .message = fmt::format("no room for another request to {} with {} in flight; "
                                 "wait until one has ended",
                                 server.to_string(), in_flight)};
}

Error no_id_error(std::size_t size, const Matcher& matcher) {
  const auto& field = matcher.field();
  if (!field) {
    return {.code = ErrorCode::kInvalid,
            .message = fmt::format(
                "the matcher finds no ID in this request of {} bytes; send one that it can read",
                size)};
  }
  return {.code = ErrorCode::kInvalid,
          .message = fmt::format("a request of {} bytes has no room for its ID, {} bytes at offset "
                                 "{}; send at least {} bytes",
                                 size, field->size, field->offset, field->offset + field->size)};
}

Error id_in_flight_error(const Endpoint& server) {
  return {.code = ErrorCode::kFull,
          .message = fmt::format("a request with the same ID to {} is in flight already; wait for "
                                 "its end, or choose another ID",
                                 server.to_string())};
}

}  // namespace volley
