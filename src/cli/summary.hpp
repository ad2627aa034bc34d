#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <volley/raw_client.hpp>
#include <volley/time.hpp>

#include "cli/output.hpp"

namespace volley::cli {

/// By nearest rank: the least of the samples that this share of them does not exceed. Nothing
/// without samples, which must be sorted.
std::optional<Duration> quantile(std::span<const Duration> samples, double share);

/// Microseconds, to the nanosecond.
double to_microseconds(Duration duration);

/// What became of many requests. The counts may be read from another thread, for an interim report.
class Tally {
 public:
  void add(const RawAnswer& answer);
  /// Forgets everything: the requests start over with another address.
  void clear();

  std::uint64_t answered() const { return answered_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t no_answer() const { return no_answer_; }
  std::uint64_t ended() const { return answered_ + refused_ + no_answer_; }

  /// From the first send to the end, of all that took part. One thread, when adding is over.
  struct Total {
    std::optional<std::string> peer{};
    std::uint64_t requests = 0;  ///< That began.
    std::uint64_t attempts = 0;  ///< To all the addresses tried.
    std::size_t window = 0;      ///< The most that were in flight at once.
    Duration elapsed{};
    RawClientCounters counters{};
    bool sees_strangers = false;
    bool has_matcher = false;
  };
  std::string text(const Total& total);
  /// `error`: why not all were answered, or what ended it.
  Json json(const Total& total, const std::optional<Error>& error);

 private:
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> no_answer_ = 0;
  std::vector<Duration> round_trips_;
};

}  // namespace volley::cli
