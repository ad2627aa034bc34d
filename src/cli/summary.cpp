#include "cli/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/json.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

double rate_of(std::uint64_t count, Duration elapsed) {
  const double seconds = std::chrono::duration<double>{elapsed}.count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

/// How round trips spread, as a field of JSON and in words.
struct Part {
  std::string_view key;
  std::string_view words;
  double share;
};
constexpr std::array<Part, 5> kParts{{{"min", "least", 0},
                                      {"p50", "median", 0.5},
                                      {"p90", "90%", 0.9},
                                      {"p99", "99%", 0.99},
                                      {"max", "most", 1}}};

}  // namespace

std::optional<Duration> quantile(std::span<const Duration> samples, double share) {
  if (samples.empty()) return std::nullopt;
  const auto rank = std::ceil(share * static_cast<double>(samples.size()));
  return samples[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double to_microseconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

void Tally::add(const RawAnswer& answer) {
  const bool refused = answer.outcome == RawOutcome::kRefused;
  ++(answer.outcome == RawOutcome::kReply ? answered_ : refused ? refused_ : no_answer_);
  if (answer.round_trip) round_trips_.push_back(*answer.round_trip);
}

void Tally::clear() {
  answered_ = refused_ = no_answer_ = 0;
  round_trips_.clear();
}

std::string Tally::text(const Total& total) {
  std::string out = fmt::format(
      "{} to {}, {} at a time: {} answered, {} without an answer, {} refused\n",
      format_count(total.requests, "request"), total.peer.value_or("-"), format_whole(total.window),
      format_whole(answered()), format_whole(no_answer()), format_whole(refused()));
  out += fmt::format("{} sent in {}: {:.0f} answered a second",
                     format_count(total.attempts, "datagram"), format_duration(total.elapsed),
                     rate_of(answered(), total.elapsed));
  std::ranges::sort(round_trips_);
  for (const auto& [key, words, share] : kParts) {
    const auto time = quantile(round_trips_, share);
    if (!time) break;
    out +=
        fmt::format("{}{} {}", share == 0 ? "\nround trip: " : ", ", words, format_duration(*time));
  }
  return out;
}

Json Tally::json(const Total& total, const std::optional<Error>& error) {
  const RawClientCounters& counters = total.counters;
  // Raw mode proves nothing of a request without an answer: it may have been executed or not.
  const std::uint64_t unknown = total.requests - std::min(total.requests, answered());
  const auto only_if = [](bool known, std::uint64_t count) {
    return known ? std::optional{count} : std::nullopt;
  };
  std::ranges::sort(round_trips_);
  Json spread;
  for (const auto& [key, words, share] : kParts) {
    const auto time = quantile(round_trips_, share);
    spread[std::string{key}] = time.transform(to_microseconds);
  }
  return {{"requests", total.requests},
          {"answered", answered()},
          {"no_answer", no_answer()},
          {"refused", refused()},
          {"not_executed", 0},
          {"executed_reply_lost", 0},
          {"unknown", unknown},
          {"reason", error ? std::optional{error->message} : std::nullopt},
          {"attempts", total.attempts},
          {"seconds", std::chrono::duration<double>{total.elapsed}.count()},
          {"rate", rate_of(answered(), total.elapsed)},
          {"rtt_us", spread},
          {"peer", total.peer},
          {"strangers", only_if(total.sees_strangers, counters.strangers)},
          {"wrong_id", only_if(total.has_matcher, counters.wrong_id)},
          {"duplicates", only_if(total.has_matcher, counters.duplicates)},
          {"late", only_if(total.has_matcher, counters.late)},
          {"truncated", counters.truncated}};
}

}  // namespace volley::cli
