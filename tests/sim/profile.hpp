#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <volley/endpoint.hpp>
#include <volley/options.hpp>
#include <volley/time.hpp>

#include "core/planted.hpp"

namespace volley::sim {

/// What can go wrong. A profile says how much; whether at all is a bit, so that a failing run can
/// be shrunk one kind at a time.
enum class Fault : std::uint8_t {
  kLoss,          ///< Datagrams vanish.
  kBursts,        ///< And many in a row.
  kDuplication,   ///< They come twice.
  kReordering,    ///< They overtake one another.
  kStragglers,    ///< Some are under way for up to two minutes.
  kCorruption,    ///< They are damaged: the checksum drops them.
  kMtu,           ///< The path swallows large ones, today more than yesterday.
  kPartition,     ///< The path is dead, or keeps everything and delivers it later.
  kRebinding,     ///< A client's address changes, and its old one may become another's.
  kClientCrash,   ///< A client's process dies, and another takes its place.
  kServerCrash,   ///< So does the server's, at any step.
  kTakeover,      ///< The server's address goes to another machine; the old server lives on.
  kSlowHandlers,  ///< Handlers take their time.
  kMuteHandlers,  ///< Handlers do not end.
  kPressure,      ///< The server's limits are small.
  kAttacker,      ///< Somebody forges, replays and floods.
  kSuspend,       ///< A host sleeps while the clock goes on.
  kStall,         ///< A thread sleeps between reading the clock and using the time.
  kMisrouting,    ///< The kernel gives datagrams to the wrong worker.
  kClockRate,     ///< The clocks of two hosts run apart.
  kHints,         ///< ICMP says that something is wrong, and lies.
  kCancel,        ///< Callers change their mind.
};
inline constexpr std::size_t kFaults = 22;

std::string_view to_string(Fault fault);
std::optional<Fault> parse_fault(std::string_view name);

/// A set of faults.
class FaultSet {
 public:
  constexpr FaultSet() = default;
  constexpr FaultSet(std::initializer_list<Fault> faults) {
    for (const Fault fault : faults) put(fault);
  }
  constexpr bool has(Fault fault) const { return (bits_ & bit(fault)) != 0; }
  constexpr void put(Fault fault) { bits_ |= bit(fault); }
  constexpr void remove(Fault fault) { bits_ &= ~bit(fault); }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint32_t bit(Fault fault) {
    return 1U << static_cast<std::uint32_t>(fault);
  }
  std::uint32_t bits_ = 0;
};

/// What a run is judged by.
enum class Judged : std::uint8_t {
  kAll,       ///< Every rule of protocol.md that shows.
  kPromise,   ///< What users are promised, and nothing of how it is kept.
  kSurvival,  ///< Corrupted datagrams pass the checksum: nothing crashes, runs away or grows.
};

/// One scenario. Everything that happens follows from it.
struct Profile {
  std::uint64_t seed = 0;
  FaultSet faults{};
  Duration trouble{};  ///< How long faults and new requests come; then the network is well.

  // Who takes part.
  Family family = Family::kIpv4;
  unsigned clients = 1;
  unsigned workers = 1;
  ServerLimits limits{};
  RetryPolicy policy = kLocalPolicy;
  std::size_t window = 1'024;
  std::size_t datagram_size = 1'200;

  // What they ask.
  unsigned requests = 100;  ///< Of all clients together.
  unsigned burst = 1;       ///< Requests made at once, on average.
  double idempotent = 0;    ///< Share of the requests.
  double patient = 0;       ///< Share of requests with a deadline of their own, up to `patience`.
  Duration patience{};
  double endless = 0;            ///< Share of requests without a deadline.
  std::size_t body = 64;         ///< Most bodies are up to so long; some are longer.
  std::size_t longest_body = 0;  ///< None is longer than so.

  // What the network does to them.
  Duration delay{};         ///< One way, always.
  Duration jitter{};        ///< Reordering: up to so much more.
  double loss = 0;          ///< Each way.
  double burst_begins = 0;  ///< Chance a datagram; within a burst nine in ten are lost.
  double duplication = 0;
  double corruption = 0;
  double stragglers = 0;    ///< Share of datagrams.
  Duration straggle{};      ///< Their delay, at most.
  unsigned partitions = 0;  ///< Of each path.
  Duration partition{};     ///< Each lasts up to so long.
  double misrouted = 0;

  // What happens to the hosts.
  unsigned rebindings = 0;      ///< Of each client.
  unsigned client_crashes = 0;  ///< Of each client.
  unsigned server_crashes = 0;
  unsigned takeovers = 0;
  Duration downtime{};    ///< Between two incarnations, at most.
  unsigned suspends = 0;  ///< Of each host.
  unsigned stalls = 0;    ///< Of each host.
  Duration sleep{};       ///< Each lasts up to so long.
  double slow = 0;        ///< Share of handlers.
  Duration slowness{};
  double mute = 0;       ///< Share of handlers.
  unsigned attacks = 0;  ///< Datagrams of the attacker's.

  Judged judged = Judged::kAll;
};

/// The scenario of a seed.
Profile draw_profile(std::uint64_t seed);
/// The scenario of a seed in which a planted bug shows sooner than elsewhere.
Profile draw_profile_for(Bug bug, std::uint64_t seed);
/// Makes of a scenario such a one.
Profile aim(Profile profile, Bug bug);

/// The bug of that name, as in planted.hpp.
std::optional<Bug> parse_bug(std::string_view name);
std::string_view to_string(Bug bug);

/// The scenario in a few lines.
std::string describe(const Profile& profile);

}  // namespace volley::sim
