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

void Spread::sort() {
  std::ranges::sort(samples_);
}

std::optional<Duration> Spread::quantile(double share) {
  sort();
  return cli::quantile(samples_, share);
}

std::string Spread::text() {
  sort();
  std::string out;
  for (const auto& [key, words, share] : kParts) {
    const auto time = cli::quantile(samples_, share);
    if (!time) break;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", words, format_duration(*time));
  }
  return out;
}

Json Spread::json() {
  sort();
  Json spread;
  for (const auto& [key, words, share] : kParts)
    spread[std::string{key}] = cli::quantile(samples_, share).transform(to_microseconds);
  return spread;
}

void Tally::add(const Ending& ending) {
  ++counts_[static_cast<std::size_t>(ending.ended)];
  if (ending.round_trip) round_trips_.add(*ending.round_trip);
  if (!ending.error) return;
  if (ending.error->code == ErrorCode::kRefused) ++refused_;
  why_ = ending.error->message;
}

void Tally::clear() {
  for (auto& count : counts_) count = 0;
  refused_ = 0;
  why_.reset();
  round_trips_.clear();
}

std::uint64_t Tally::ended() const {
  std::uint64_t sum = 0;
  for (const auto& count : counts_) sum += count;
  return sum;
}

std::string Tally::endings_text() const {
  const auto words = [this](Ended ended) { return format_whole(count(ended)); };
  if (raw_) {
    return fmt::format("{} answered, {} without an answer, {} refused", words(Ended::kReply),
                       words(Ended::kNoAnswer), words(Ended::kRefused));
  }
  return fmt::format("{} answered, {} not executed, {} executed with the reply lost, {} unknown",
                     words(Ended::kReply), words(Ended::kNotExecuted),
                     words(Ended::kExecutedReplyLost), words(Ended::kUnknown));
}

std::string Tally::text(const Total& total) {
  std::string out =
      fmt::format("{} to {}, {} at a time: {}\n", format_count(total.counts.requests, "request"),
                  total.peer.value_or("-"), format_whole(total.window), endings_text());
  // In clear mode requests share datagrams.
  out += fmt::format("{} in {}: {:.0f} answered a second",
                     raw_ ? format_count(total.attempts, "datagram") + " sent"
                          : format_count(total.attempts, "attempt"),
                     format_duration(total.elapsed), rate_of(answered(), total.elapsed));
  const std::string spread = round_trips_.text();
  return spread.empty() ? out : out + "\nround trip: " + spread;
}

Json Tally::json(const Total& total, const std::optional<Error>& error) {
  const AskerCounts& counts = total.counts;
  // Raw mode proves nothing of a request without an answer: it may have been executed or not.
  const std::uint64_t unproven = counts.requests - std::min(counts.requests, answered());
  const auto only_raw = [this](std::uint64_t count) {
    return raw_ ? std::optional{count} : std::nullopt;
  };
  return {{"requests", counts.requests},
          {"answered", answered()},
          {"no_answer", only_raw(count(Ended::kNoAnswer))},
          {"refused", only_raw(count(Ended::kRefused))},
          {"not_executed", count(Ended::kNotExecuted)},
          {"executed_reply_lost", count(Ended::kExecutedReplyLost)},
          {"unknown", raw_ ? unproven : count(Ended::kUnknown)},
          {"reason", error ? std::optional{error->message} : std::nullopt},
          {"attempts", total.attempts},
          {"seconds", std::chrono::duration<double>{total.elapsed}.count()},
          {"rate", rate_of(answered(), total.elapsed)},
          {"rtt_us", round_trips_.json()},
          {"peer", total.peer},
          {"strangers", counts.strangers},
          {"wrong_id", counts.wrong_id},
          {"duplicates", counts.duplicates},
          {"late", counts.late},
          {"truncated", counts.truncated}};
}

}  // namespace volley::cli
