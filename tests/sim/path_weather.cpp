#include "path_weather.hpp"

#include <algorithm>
#include <array>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

Duration part(Random& random, Duration whole) {
  return Duration{static_cast<Duration::rep>(random.unit() * static_cast<double>(whole.count()))};
}

}  // namespace

PathWeather::PathWeather(const Profile& profile, std::uint64_t which, bool good)
    : profile_{&profile},
      random_{mix_bits(profile.seed ^ mix_bits(which + 1))},
      good_{good},
      path_mtu_seed_{random_.next()} {
  for (unsigned i = 0; i < profile.partitions; ++i) {
    const Instant from{part(random_, profile.trouble)};
    const bool only_one_way = chance(0.5);
    const bool this_way = chance(0.5);
    const Instant until =
        std::min(from + part(random_, profile.partition), Instant{profile.trouble});
    const bool keeps = chance(0.4);
    if (!only_one_way || this_way) partitions_.push_back({from, until, keeps});
  }
}

bool PathWeather::has(Fault fault, Instant now) const {
  return !good_ && profile_->faults.has(fault) && now < Instant{profile_->trouble};
}

std::optional<Duration> PathWeather::delay_of(std::size_t size, Instant now) {
  Duration delay = profile_->delay;
  if (has(Fault::kReordering, now)) delay += part(random_, profile_->jitter);
  if (has(Fault::kPartition, now)) {
    for (const Partition& partition : partitions_) {
      if (now < partition.from || now >= partition.until) continue;
      if (!partition.keeps) return std::nullopt;
      delay += partition.until - now + part(random_, 50ms);
    }
  }
  if (swallows(size, now) || loses(now)) return std::nullopt;
  if (has(Fault::kStragglers, now) && chance(profile_->stragglers)) {
    delay += part(random_, profile_->straggle);
  }
  return delay;
}

bool PathWeather::duplicates(Instant now) {
  return has(Fault::kDuplication, now) && chance(profile_->duplication);
}

bool PathWeather::swallows(std::size_t size, Instant now) {
  if (!has(Fault::kMtu, now)) return false;
  // Every path of this design carries 1,200.
  constexpr std::array<std::size_t, 5> kMtus{1'200, 1'280, 1'472, 9'000, 65'507};
  constexpr Duration kEach = 7s;
  const auto turn = static_cast<std::uint64_t>(now.time_since_epoch() / kEach);
  return size > kMtus[mix_bits(path_mtu_seed_ + turn) % kMtus.size()];
}

bool PathWeather::loses(Instant now) {
  if (has(Fault::kLoss, now) && chance(profile_->loss)) return true;
  if (has(Fault::kCorruption, now) && profile_->judged != Judged::kSurvival &&
      chance(profile_->corruption))
    return true;
  if (!has(Fault::kBursts, now)) return false;
  in_burst_ = in_burst_ ? !chance(0.1) : chance(profile_->burst_begins);
  return in_burst_ && chance(0.9);
}

}  // namespace volley::sim
