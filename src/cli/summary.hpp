#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "cli/asker.hpp"
#include "cli/output.hpp"

namespace volley::cli {

/// By nearest rank: the least of the samples that this share of them does not exceed. Nothing
/// without samples, which must be sorted.
std::optional<Duration> quantile(std::span<const Duration> samples, double share);

/// Microseconds, to the nanosecond.
double to_microseconds(Duration duration);

/// How durations spread: least, median, 90%, 99% and most, by nearest rank.
class Spread {
 public:
  void add(Duration sample) { samples_.push_back(sample); }
  void clear() { samples_.clear(); }

  /// As words, "least 20 µs, median …"; empty without samples.
  std::string text();
  /// As {min, p50, p90, p99, max} in microseconds; null without samples.
  Json json();
  std::optional<Duration> quantile(double share);

 private:
  void sort();
  std::vector<Duration> samples_;
};

/// What became of many requests. The counts may be read from another thread, for an interim report.
class Tally {
 public:
  explicit Tally(bool raw) : raw_{raw} {}

  void add(const Ending& ending);
  /// Forgets everything: the requests start over with another address.
  void clear();

  std::uint64_t count(Ended ended) const { return counts_[static_cast<std::size_t>(ended)]; }
  std::uint64_t answered() const { return count(Ended::kReply); }
  std::uint64_t ended() const;
  /// Of those without a reply, those that the host refused, as far as it is known.
  std::uint64_t refused() const { return refused_; }
  /// "990 answered, 10 without an answer, 0 refused"
  std::string endings_text() const;
  /// Why the last that failed did. One thread.
  const std::optional<std::string>& why() const { return why_; }

  /// From the first send to the end, of all that took part. One thread, when adding is over.
  struct Total {
    std::optional<std::string> peer{};
    std::uint64_t attempts = 0;  ///< To all the addresses tried.
    std::size_t window = 0;      ///< The most that were in flight at once.
    Duration elapsed{};
    AskerCounts counts{};
  };
  std::string text(const Total& total);
  /// `error`: why not all were answered, or what ended it.
  Json json(const Total& total, const std::optional<Error>& error);

 private:
  bool raw_;
  std::array<std::atomic<std::uint64_t>, kEndings> counts_{};
  std::atomic<std::uint64_t> refused_ = 0;
  std::optional<std::string> why_;
  Spread round_trips_;
};

}  // namespace volley::cli
