#include "cli/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/units.hpp"

namespace volley::cli {

namespace {

double rate_of(std::uint64_t count, Duration elapsed) {
  const double seconds = std::chrono::duration<double>{elapsed}.count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

std::optional<Spread> spread_of(std::vector<Duration> samples) {
  if (samples.empty()) return std::nullopt;
  std::ranges::sort(samples);
  const auto at = [&](double share) {
    const auto rank = std::ceil(share * static_cast<double>(samples.size()));
    return samples[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
  };
  return Spread{samples.front(), at(0.5), at(0.9), at(0.99), samples.back()};
}

double to_microseconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

JsonObject to_json(const std::optional<Spread>& spread) {
  const auto field = [&](Duration Spread::* member) -> std::optional<double> {
    if (!spread) return std::nullopt;
    return to_microseconds((*spread).*member);
  };
  return JsonObject{}
      .set("min", field(&Spread::min))
      .set("p50", field(&Spread::p50))
      .set("p90", field(&Spread::p90))
      .set("p99", field(&Spread::p99))
      .set("max", field(&Spread::max));
}

void Tally::add(const RawAnswer& answer) {
  switch (answer.outcome) {
    case RawOutcome::kReply:
      ++answered_;
      break;
    case RawOutcome::kRefused:
      ++refused_;
      break;
    case RawOutcome::kNoAnswer:
      ++no_answer_;
      break;
  }
  if (answer.round_trip) round_trips_.push_back(*answer.round_trip);
}

void Tally::clear() {
  answered_ = refused_ = no_answer_ = 0;
  round_trips_.clear();
}

std::string Tally::text(const Total& total) const {
  std::string out = fmt::format(
      "{} requests to {}, {} at a time: {} answered, {} without an answer, {} refused\n",
      format_whole(total.requests), total.peer, format_whole(total.window),
      format_whole(answered()), format_whole(no_answer()), format_whole(refused()));
  out += fmt::format("{} sent in {}: {:.0f} answered a second",
                     format_count(total.counters.attempts, "datagram"),
                     format_duration(total.elapsed), rate_of(answered(), total.elapsed));
  if (const auto spread = spread_of(round_trips_)) {
    out += fmt::format("\nround trip: least {}, median {}, 90% {}, 99% {}, most {}",
                       format_duration(spread->min), format_duration(spread->p50),
                       format_duration(spread->p90), format_duration(spread->p99),
                       format_duration(spread->max));
  }
  return out;
}

JsonObject Tally::json(const Total& total) const {
  const RawClientCounters& counters = total.counters;
  // Raw mode proves nothing of a request without an answer: it may have been executed or not.
  const std::uint64_t unknown = total.requests - std::min(total.requests, answered());
  const auto only_if = [](bool known, std::uint64_t count) {
    return known ? std::optional{count} : std::nullopt;
  };
  return JsonObject{}
      .set("requests", total.requests)
      .set("answered", answered())
      .set("no_answer", no_answer())
      .set("refused", refused())
      .set("not_executed", 0U)
      .set("executed_reply_lost", 0U)
      .set("unknown", unknown)
      .set("attempts", counters.attempts)
      .set("seconds", std::chrono::duration<double>{total.elapsed}.count())
      .set("rate", rate_of(answered(), total.elapsed))
      .set("rtt_us", to_json(spread_of(round_trips_)))
      .set("peer", total.peer)
      .set("strangers", only_if(total.sees_strangers, counters.strangers))
      .set("wrong_id", only_if(total.has_matcher, counters.wrong_id))
      .set("duplicates", only_if(total.has_matcher, counters.duplicates))
      .set("late", only_if(total.has_matcher, counters.late))
      .set("truncated", counters.truncated);
}

}  // namespace volley::cli
