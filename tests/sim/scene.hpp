#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <volley/endpoint.hpp>

#include "base/random.hpp"
#include "books.hpp"
#include "network.hpp"
#include "numbers.hpp"
#include "profile.hpp"
#include "trace.hpp"
#include "verdict.hpp"
#include "world.hpp"

namespace volley::sim {

/// What everybody in one run shares.
struct Scene {
  Scene(const Profile& the_profile, bool printing)
      : profile{the_profile},
        verdict{profile.judged},
        trace{printing},
        network{profile, world, trace},
        books{verdict, trace, profile.policy.max_attempts == 0} {
    buffer.resize(65'507);
  }

  /// A stream of random numbers of its own for each who draws, so that leaving one out when a run
  /// is shrunk changes little for the others.
  Random stream(std::uint64_t who) const { return Random{mix_bits(profile.seed ^ mix_bits(who))}; }
  bool has(Fault fault) const { return profile.faults.has(fault); }
  Instant trouble_ends() const { return Instant{profile.trouble}; }
  /// A host's address: `net` tells kinds of hosts apart, and no two hosts share an IPv6 /64.
  IpAddress address(std::uint8_t net, std::uint8_t high, std::uint8_t low) const {
    if (profile.family == Family::kIpv4) return IpAddress::v4(10, net, high, low);
    return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, net, high, low, 0, 0, 0, 0, 0, 0, 0, 1});
  }
  /// No fault begins any more.
  bool well() const { return world.now() >= trouble_ends(); }
  /// How long a host that falls asleep now does nothing: all are awake when the trouble ends.
  Duration sleep(Random& random) const {
    const Duration left = std::max(Duration{}, trouble_ends() - world.now());
    return std::min(left, Duration{static_cast<Duration::rep>(
                              random.unit() * static_cast<double>(profile.sleep.count()))});
  }

  Profile profile;
  Verdict verdict;
  World world;
  Trace trace;
  Network network;
  Books books;
  Numbers numbers;
  Lives lives;
  std::vector<Endpoint> server;     ///< Its addresses: it must answer from the one it was asked at.
  std::vector<Endpoint> vacated{};  ///< Clients' former addresses.
  std::vector<std::byte> buffer;    ///< For what is being sent.
};

/// A part of a whole, each equally likely.
inline Duration part_of(Random& random, Duration whole) {
  return Duration{static_cast<Duration::rep>(random.unit() * static_cast<double>(whole.count()))};
}
inline bool chance(Random& random, double probability) {
  return random.unit() < probability;
}

}  // namespace volley::sim
