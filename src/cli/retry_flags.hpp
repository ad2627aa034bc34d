#pragma once

#include <cstdint>
#include <optional>

#include <volley/options.hpp>
#include <volley/time.hpp>

#include "cli/parser.hpp"
#include "cli/units.hpp"

namespace volley::cli {

/// How a request is to be repeated, as it was typed.
struct RetryFlags {
  std::optional<Backoff> backoff;
  std::optional<std::uint64_t> tries;
};

void add_retry_flags(Parser& parser, RetryFlags& flags);

/// The policy for a destination whose own would be `otherwise`. A backoff A..B waits A, 2A, 4A …
/// while the wait is at most B, then gives up; with tries or a timeout it repeats B until that many
/// sends or until then. Tries alone make the deadline as late as they need.
RetryPolicy read_policy(const RetryFlags& flags, std::optional<Duration> timeout,
                        const RetryPolicy& otherwise);

}  // namespace volley::cli
