#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "cli/output.hpp"

namespace volley::cli {

namespace {

/// A decimal number and what follows it.
struct Quantity {
  double number;
  std::string_view unit;
};

std::optional<Quantity> read_quantity(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view digits = text.substr(0, end);
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || digits.ends_with('.'))
    return std::nullopt;
  return Quantity{number, text.substr(end)};
}

struct Unit {
  std::string_view name;
  double factor;
};

std::optional<double> factor_of(std::span<const Unit> units, std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  if (found == units.end()) return std::nullopt;
  return found->factor;
}

constexpr std::array<Unit, 7> kTimeUnits{
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 7> kRateUnits{{{"/s", 1},
                                          {"k/s", 1e3},
                                          {"M/s", 1e6},
                                          {"bit", 1},
                                          {"kbit", 1e3},
                                          {"Mbit", 1e6},
                                          {"Gbit", 1e9}}};
constexpr double kYear = 365.0 * 24 * 3600 * 1e9;

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto quantity = read_quantity(text);
  if (!quantity) return invalid(fmt::format("'{}' is not a duration; say 200ms or 2s", text));
  if (quantity->unit.empty()) {
    return invalid(fmt::format("'{0}' has no unit; say {0}ms or {0}s", text));
  }
  const auto factor = factor_of(kTimeUnits, quantity->unit);
  if (!factor) {
    return invalid(fmt::format("'{}' is not a unit of time in '{}'; say 500us, 200ms, 2s, 1m or 1h",
                               quantity->unit, text));
  }
  const double nanoseconds = quantity->number * *factor;
  if (nanoseconds > kYear) return invalid(fmt::format("'{}' is more than a year", text));
  return Duration{std::llround(nanoseconds)};
}

Result<Duration> parse_positive_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (duration && *duration == Duration::zero()) {
    return invalid(fmt::format("'{}' is no time at all; say 200ms or 2s", text));
  }
  return duration;
}

Result<Backoff> parse_backoff(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return invalid(fmt::format("'{}' is not a range of waits; say 100ms..2s", text));
  }
  const auto first = parse_positive_duration(text.substr(0, dots));
  if (!first) return std::unexpected(first.error());
  const auto longest = parse_positive_duration(text.substr(dots + 2));
  if (!longest) return std::unexpected(longest.error());
  if (*longest < *first) {
    return invalid(fmt::format("'{}' ends below where it begins; say 100ms..2s", text));
  }
  return Backoff{*first, *longest};
}

Result<double> parse_share(std::string_view text) {
  const auto quantity = read_quantity(text);
  const bool percent = quantity && quantity->unit == "%";
  const bool fraction = quantity && quantity->unit.empty();
  if (!percent && !fraction)
    return invalid(fmt::format("'{}' is not a share; say 50% or 0.5", text));
  // A bare 1 may mean one in a hundred or all of them.
  if (fraction && quantity->number != 0 && text.find('.') == std::string_view::npos) {
    return invalid(fmt::format("'{0}' has no unit; say {0}%, or a fraction such as 0.5", text));
  }
  const double share = percent ? quantity->number / 100 : quantity->number;
  if (share > 1) return invalid(fmt::format("'{}' is more than everything; say 50% or 0.5", text));
  return share;
}

Result<Rate> parse_rate(std::string_view text) {
  const auto quantity = read_quantity(text);
  if (!quantity)
    return invalid(fmt::format("'{}' is not a rate; say 500/s, 10k/s or 50Mbit", text));
  if (quantity->unit.empty()) {
    return invalid(fmt::format("'{0}' has no unit; say {0}/s, {0}k/s or {0}Mbit", text));
  }
  const auto factor = factor_of(kRateUnits, quantity->unit);
  if (!factor) {
    return invalid(fmt::format("'{}' is not a unit of rates in '{}'; say 500/s, 10k/s or 50Mbit",
                               quantity->unit, text));
  }
  const Rate rate{quantity->number * *factor, quantity->unit.ends_with("bit")};
  // One an hour to a thousand million, or so many bits of the smallest body and the largest: pacing
  // beyond either means nothing.
  if (rate.amount < 1.0 / 3600 || rate.amount > (rate.bits ? 1e15 : 1e9)) {
    return invalid(fmt::format("'{}' is no rate to keep; say 500/s, 10k/s or 50Mbit", text));
  }
  return rate;
}

Result<double> parse_factor(std::string_view text) {
  const auto quantity = read_quantity(text);
  if (!quantity || !quantity->unit.empty() || quantity->number <= 0 || quantity->number > 1e6) {
    return invalid(fmt::format("'{}' is not a factor; say 3 or 1.5", text));
  }
  return quantity->number;
}

Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::invalid_argument || read.ptr != text.data() + text.size()) {
    return invalid(fmt::format("'{}' is not a whole number; say {} or more", text, least));
  }
  if (read.ec != std::errc{} || number < least || number > most) {
    return invalid(fmt::format("'{}' is out of range; say {} to {}", text, format_whole(least),
                               format_whole(most)));
  }
  return number;
}

std::string format_duration(Duration duration) {
  const auto count = static_cast<double>(duration.count());
  if (count < 1e3) return fmt::format("{} ns", duration.count());
  if (count < 1e6) return fmt::format("{:.3g} µs", count / 1e3);
  if (count < 10e6) return fmt::format("{:.3g} ms", count / 1e6);
  std::string text = fmt::format("{}", std::round(count / 1e6) / 1e3);
  if (text.find('.') == std::string::npos) text += ".0";
  return text + " seconds";
}

std::string format_whole(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
  return text;
}

std::string format_count(std::uint64_t number, std::string_view one) {
  return fmt::format("{} {}{}", format_whole(number), one, number == 1 ? "" : "s");
}

}  // namespace volley::cli
