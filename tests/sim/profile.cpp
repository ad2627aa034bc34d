#include "profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

/// Between the two, each order of magnitude equally likely.
double scaled(Random& random, double least, double most) {
  return least * std::pow(most / least, random.unit());
}
Duration scaled(Random& random, Duration least, Duration most) {
  return Duration{static_cast<Duration::rep>(
      scaled(random, static_cast<double>(least.count()), static_cast<double>(most.count())))};
}
bool chance(Random& random, double probability) {
  return random.unit() < probability;
}
unsigned between(Random& random, unsigned least, unsigned most) {
  return least + static_cast<unsigned>(random.below(most - least + 1));
}

FaultSet draw_faults(Random& random) {
  // Some runs have one trouble, some have all.
  const double density = random.unit() * 0.7;
  constexpr FaultSet kRare{Fault::kPressure, Fault::kAttacker, Fault::kMuteHandlers,
                           Fault::kMisrouting};
  FaultSet faults;
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (chance(random, kRare.has(fault) ? density / 2 : density)) faults.put(fault);
  }
  return faults;
}

RetryPolicy draw_policy(Random& random) {
  RetryPolicy policy = chance(random, 0.7) ? kLocalPolicy : kInternetPolicy;
  // Without jitter and with a fixed first wait, each gap is known in advance.
  if (chance(random, 0.1)) policy.jitter = 0;
  if (chance(random, 0.1)) policy.adaptive = false;
  if (chance(random, 0.05)) policy.max_attempts = between(random, 3, 6);
  return policy;
}

void draw_network(Profile& profile, Random& random) {
  profile.delay = scaled(random, 20us, 100ms);
  profile.jitter = scaled(random, 100us, 2s);
  profile.loss = random.unit() * 0.5;
  profile.burst_begins = scaled(random, 0.001, 0.05);
  profile.duplication = random.unit() * 0.2;
  profile.corruption = scaled(random, 0.001, 0.1);
  profile.stragglers = scaled(random, 0.005, 0.3);
  profile.straggle = scaled(random, 1s, 120s);
  profile.partitions = between(random, 1, 3);
  profile.partition = scaled(random, 1s, 300s);
  profile.misrouted = random.unit();
}

void draw_hosts(Profile& profile, Random& random) {
  profile.rebindings = between(random, 1, 5);
  profile.client_crashes = between(random, 1, 2);
  profile.server_crashes = between(random, 1, 4);
  profile.takeovers = between(random, 1, 2);
  profile.downtime = scaled(random, 1ms, 20s);
  profile.suspends = between(random, 1, 3);
  profile.stalls = between(random, 1, 3);
  profile.sleep = scaled(random, 10ms, 300s);
  profile.slow = scaled(random, 0.01, 1.0);
  profile.slowness = scaled(random, 1ms, 30s);
  profile.mute = scaled(random, 0.001, 0.1);
  profile.attacks = between(random, 50, 500);
}

void draw_limits(Profile& profile, Random& random) {
  profile.limits.running = std::size_t{1} << between(random, 8, 12);
  if (!profile.faults.has(Fault::kPressure)) return;
  profile.limits.memory = profile.workers * (std::size_t{1} << between(random, 17, 22));
  profile.limits.running_per_client = between(random, 1, 64);
  profile.limits.running = between(random, 1, 128);
  profile.limits.client_share = between(random, 1, 16);
  profile.limits.address_share = between(random, 1, 4);
}

Profile draw_any(std::uint64_t seed) {
  Random random{mix_bits(seed) ^ 0x70726f66696c65U};
  Profile profile;
  profile.seed = seed;
  profile.faults = draw_faults(random);
  profile.trouble = scaled(random, 2s, 600s);
  if (chance(random, 0.25)) profile.family = Family::kIpv6;
  profile.clients = between(random, 1, 4);
  profile.workers = chance(random, 0.3) ? between(random, 2, 4) : 1;
  profile.policy = draw_policy(random);
  profile.window = std::size_t{1} << between(random, 6, 12);
  if (chance(random, 0.2)) profile.datagram_size = between(random, 1'200, 9'000);
  profile.requests = static_cast<unsigned>(scaled(random, 50, 5'000));
  profile.burst = static_cast<unsigned>(scaled(random, 1, 200));
  profile.idempotent = chance(random, 0.5) ? random.unit() * random.unit() : 0;
  profile.patient = chance(random, 0.5) ? random.unit() * random.unit() : 0.02;
  profile.patience = scaled(random, 5s, 600s);
  if (chance(random, 0.2)) profile.endless = 0.02;
  profile.body = static_cast<std::size_t>(scaled(random, 16, 200));
  profile.longest_body =
      chance(random, 0.2) ? static_cast<std::size_t>(scaled(random, 1'000, 65'459)) : profile.body;
  draw_network(profile, random);
  draw_hosts(profile, random);
  draw_limits(profile, random);
  return profile;
}

}  // namespace

Profile draw_profile(std::uint64_t seed) {
  // Scenarios in which one mistake would show are worth a try without it too.
  constexpr std::uint64_t kAimed = 4;
  if (seed % kAimed != 0) return draw_any(seed);
  const std::uint64_t bug = 1 + seed / kAimed % static_cast<std::uint64_t>(Bug::kClockSleeps);
  return aim(draw_any(seed), static_cast<Bug>(bug));
}

Profile draw_profile_for(Bug bug, std::uint64_t seed) {
  return aim(draw_any(seed), bug);
}

}  // namespace volley::sim
