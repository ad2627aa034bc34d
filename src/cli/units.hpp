#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::cli {

// Readers of what people type. Each takes the whole text or fails with kInvalid and one sentence
// that says what to type instead. No sign, no exponent, no NaN: decimal digits, and a point where
// it makes sense.

/// `500us`, `200ms`, `2s`, `1.5m`, `1h`. At most a year. A number without a unit is refused.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
/// A duration of more than nothing.
[[nodiscard]] Result<Duration> parse_positive_duration(std::string_view text);

/// The waits `A..B` of a backoff: the first and the longest.
struct Backoff {
  Duration first;
  Duration longest;
};
[[nodiscard]] Result<Backoff> parse_backoff(std::string_view text);

/// `50%`, `0.1%` or a fraction with a point, `0.5`: a number from 0 to 1.
[[nodiscard]] Result<double> parse_share(std::string_view text);

/// So much a second: datagrams, or bits of their bodies.
struct Rate {
  double amount = 0;
  bool bits = false;
};
/// `500/s`, `10k/s`, `2M/s`, or `64kbit`, `50Mbit`, `1Gbit`: more than 0.
[[nodiscard]] Result<Rate> parse_rate(std::string_view text);

/// A plain number with or without a point, more than 0 and at most a million.
[[nodiscard]] Result<double> parse_factor(std::string_view text);

/// A whole number from `least` to `most`.
[[nodiscard]] Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t least,
                                                std::uint64_t most);

/// Seconds as Python writes them from 10 ms up, `0.1 seconds`, `2.0 seconds`; below that `3.1 ms`,
/// `24.3 µs`, `1 ns`.
std::string format_duration(Duration duration);

/// A whole number with its thousands apart: `65,507`.
std::string format_whole(std::uint64_t number);

/// So many of something: `1 datagram`, `2,000 datagrams`.
std::string format_count(std::uint64_t number, std::string_view one);

}  // namespace volley::cli
