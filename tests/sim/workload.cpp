#include "workload.hpp"

#include <algorithm>

#include "bodies.hpp"

namespace volley::sim {

Workload::Workload(const Profile& profile, Random random)
    : profile_{profile},
      random_{random},
      left_{std::max(1U, profile.requests / profile.clients)},
      // The last is made well before the trouble ends.
      mean_pause_{profile.trouble * 9 / 10 * std::min(left_, profile.burst) / left_} {}

unsigned Workload::burst() {
  const unsigned count =
      std::min(left_, 1 + static_cast<unsigned>(random_.below(2 * profile_.burst)));
  left_ -= count;
  return count;
}

std::optional<Duration> Workload::pause() {
  if (left_ == 0) return std::nullopt;
  const double twice = 2 * static_cast<double>(mean_pause_.count());
  return Duration{static_cast<Duration::rep>(random_.unit() * twice)};
}

std::uint32_t Workload::size(std::uint32_t least) {
  const bool long_one = random_.below(32) == 0;
  const std::size_t most =
      std::max<std::size_t>(long_one ? profile_.longest_body : profile_.body, least);
  return least + static_cast<std::uint32_t>(random_.below(most - least + 1));
}

Wish Workload::wish() {
  Wish wish;
  wish.idempotent = random_.unit() < profile_.idempotent;
  if (random_.unit() < profile_.patient) {
    constexpr Duration kLeast = std::chrono::milliseconds{10};
    wish.timeout = kLeast + Duration{static_cast<Duration::rep>(
                                random_.unit() * static_cast<double>(profile_.patience.count()))};
  }
  if (random_.unit() < profile_.endless) wish.timeout = Duration::max();
  wish.body = size(kLeastBody);
  wish.result = size(kLeastResult);
  wish.status = random_.below(8) == 0 ? static_cast<std::uint16_t>(random_.below(0x10000)) : 0;
  return wish;
}

}  // namespace volley::sim
