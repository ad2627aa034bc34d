#include "core/no_answer.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace volley {

std::string duration_text(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto rounded = [](double value) { return std::round(value * 10) / 10; };
  if (seconds >= 0.9995) return fmt::format("{} s", rounded(seconds));
  return fmt::format("{} ms", rounded(seconds * 1000));
}

std::string attempts_text(unsigned attempts) {
  return fmt::format("{} attempt{}", attempts, attempts == 1 ? "" : "s");
}

std::string_view cause_text(std::optional<ErrorCode> hint) {
  switch (hint.value_or(ErrorCode::kTimedOut)) {
    case ErrorCode::kRefused:
      return "nothing listens on that port; start the server, or check the port";
    case ErrorCode::kUnreachable:
      return "the network says that it cannot be reached; check the address and the route to it";
    case ErrorCode::kTooLarge:
      return "the request is too large for the path; send less";
    case ErrorCode::kPermission:
      return "this machine did not permit the sending; check its firewall";
    case ErrorCode::kFull:
      return "this machine's send buffer stayed full; send less at a time";
    default:
      return "the server may be down";
  }
}

}  // namespace volley
