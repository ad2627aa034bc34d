#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley {

// The words for a request that nobody answered, in any mode.

/// "3.1 s", "40 ms", "0.2 ms": one decimal at most.
std::string duration_text(Duration duration);

/// "1 attempt", "2 attempts".
std::string attempts_text(unsigned attempts);

/// What the last hint of the network makes likely, and what to try.
std::string_view cause_text(std::optional<ErrorCode> hint);

}  // namespace volley
