#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <volley/raw_client.hpp>
#include <volley/time.hpp>

#include "cli/json.hpp"

namespace volley::cli {

/// The spread of round trips.
struct Spread {
  Duration min;
  Duration p50;
  Duration p90;
  Duration p99;
  Duration max;
};

/// By nearest rank; nothing without samples.
std::optional<Spread> spread_of(std::vector<Duration> samples);

/// `{"min":…,"p50":…}` in microseconds, all null when nothing was measured.
JsonObject to_json(const std::optional<Spread>& spread);

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
    std::uint64_t requests = 0;  ///< As many as were asked for.
    std::size_t window = 0;
    Duration elapsed{};
    std::string peer;
    RawClientCounters counters;
    bool sees_strangers = false;
    bool has_matcher = false;
  };
  std::string text(const Total& total) const;
  JsonObject json(const Total& total) const;

 private:
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> no_answer_ = 0;
  std::vector<Duration> round_trips_;
};

}  // namespace volley::cli
