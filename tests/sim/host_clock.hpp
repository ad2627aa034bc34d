#pragma once

#include <cstdint>

#include <volley/time.hpp>

namespace volley::sim {

/// One machine's clock: it began somewhere, and runs a little too fast or too slow.
class HostClock {
 public:
  /// What it shows at true time 0, and by how much its seconds are too short.
  HostClock(Instant start, std::int64_t parts_per_million)
      : start_{start}, parts_per_million_{parts_per_million} {}

  Instant read(Instant truth) const {
    const std::int64_t run = truth.time_since_epoch().count();
    return start_ + Duration{run + run * parts_per_million_ / kMillion} - slept_;
  }

  /// A true time at which it shows `local`, or a few nanoseconds more.
  Instant when(Instant local) const {
    const Duration shown = local - start_;
    if (shown > kFarAway) return Instant{kFarAway};
    const std::int64_t run = (shown + slept_).count();
    Instant truth{Duration{run * kThousand / (kMillion + parts_per_million_) * kThousand}};
    while (read(truth) < local) truth += Duration{1} + (local - read(truth));
    return truth;
  }

  /// It stood still so long: no clock that protocol.md §1.3 A1 allows does.
  void stand_still(Duration slept) { slept_ += slept; }

 private:
  static constexpr std::int64_t kThousand = 1'000;
  static constexpr std::int64_t kMillion = 1'000'000;
  static constexpr Duration kFarAway = std::chrono::hours{1'000};

  Instant start_;
  std::int64_t parts_per_million_;
  Duration slept_{};
};

}  // namespace volley::sim
