#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "profile.hpp"

namespace volley::sim {

/// What happens to the datagrams of one path in one direction.
class PathWeather {
 public:
  /// `which` tells paths and directions apart; the last path is the attacker's, and a good one.
  PathWeather(const Profile& profile, std::uint64_t which, bool good);

  /// How long a datagram takes that is sent at `now`; nothing if it never arrives.
  std::optional<Duration> delay_of(std::size_t size, Instant now);
  /// Whether the network makes another of it.
  bool duplicates(Instant now);

 private:
  /// The path is dead, or keeps what comes until it is over.
  struct Partition {
    Instant from;
    Instant until;
    bool keeps;
  };

  bool has(Fault fault, Instant now) const;
  bool chance(double probability) { return random_.unit() < probability; }
  bool swallows(std::size_t size, Instant now);
  bool loses(Instant now);

  const Profile* profile_;
  Random random_;
  bool good_;
  bool in_burst_ = false;
  std::uint64_t path_mtu_seed_;
  std::vector<Partition> partitions_;
};

}  // namespace volley::sim
