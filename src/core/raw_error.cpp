#include "core/raw_error.hpp"

#include <fmt/format.h>

#include <string>

#include "core/no_answer.hpp"

namespace volley {
namespace {

Error no_answer_error(const RawFinished& finished, const Endpoint& server) {
  const std::string tried = finished.attempts == 0
                                ? fmt::format("nothing was sent to {}", server.to_string())
                                : fmt::format("no answer from {} after {}", server.to_string(),
                                              attempts_text(finished.attempts));
  return {
      .code = finished.hint.value_or(ErrorCode::kTimedOut),
      .message = fmt::format("{} in {}: {}", tried, duration_text(finished.elapsed),
                             finished.attempts == 0 && !finished.hint
                                 ? "its turn never came; run the client more often, or ask less "
                                   "at a time"
                                 : cause_text(finished.hint))};
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
