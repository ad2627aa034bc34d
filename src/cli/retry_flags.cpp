#include "cli/retry_flags.hpp"

#include <algorithm>

namespace volley::cli {

namespace {

/// A sum of waits beyond this is as good as for ever, and clear of overflow.
constexpr Duration kLongest = std::chrono::hours{24 * 365};

/// All the waits of `tries` sends that double from the first wait up to the cap.
Duration sum_of_waits(const RetryPolicy& policy, std::uint64_t tries) {
  Duration sum{};
  Duration wait = policy.first_wait;
  for (std::uint64_t i = 0; i < tries && sum < kLongest; ++i) {
    sum += wait;
    wait = std::min(wait * 2, policy.cap);
  }
  const auto with_jitter = std::chrono::duration<double, std::nano>{sum} * (1 + policy.jitter);
  return std::min(kLongest, std::chrono::ceil<Duration>(with_jitter));
}

/// How many waits there are from the first, doubling, that are not longer than the longest.
std::uint64_t doublings(const Backoff& backoff) {
  std::uint64_t count = 1;
  for (Duration wait = backoff.first; wait <= backoff.longest / 2; wait *= 2) ++count;
  return count;
}

}  // namespace

void add_retry_flags(Parser& parser, RetryFlags& flags) {
  parser.option(
      "--backoff", "A..B",
      "wait A, 2A, 4A … while that is at most B, then give up; with --tries or --timeout, repeat B "
      "(default: from the round trips measured, at first 0.1s..2s on this machine and its "
      "networks, 1s..60s elsewhere)",
      flags.backoff, &parse_backoff);
  parser.whole("--tries", "N", "send at most N times (default: as often as fits the deadline)",
               flags.tries, 1, 1'000'000);
}

RetryPolicy read_policy(const RetryFlags& flags, std::optional<Duration> timeout,
                        const RetryPolicy& otherwise) {
  RetryPolicy policy = otherwise;
  if (flags.backoff) {
    policy = {.first_wait = flags.backoff->first,
              .floor = flags.backoff->first,
              .cap = flags.backoff->longest,
              .give_up = {},
              .jitter = 0,
              .adaptive = false};
  }
  std::optional<std::uint64_t> tries = flags.tries;
  if (flags.backoff && !tries && !timeout) tries = doublings(*flags.backoff);
  if (tries) {
    policy.max_attempts = static_cast<unsigned>(*tries);
    // The number of sends is what ends it: the room keeps a late timer from cutting the last wait
    // short.
    policy.give_up = 2 * sum_of_waits(policy, *tries) + std::chrono::seconds{1};
  }
  if (timeout) policy.give_up = *timeout;
  return policy;
}

}  // namespace volley::cli
