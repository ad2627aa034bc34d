#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/endpoint.hpp>
#include <volley/time.hpp>

namespace volley {

/// When to send a request again and when to give up. Times are per request; what the round trips
/// teach is per destination. Based on RFC 6298 and RFC 8085 §3.1.
struct RetryPolicy {
  Duration first_wait;        ///< The wait after the first send while no round trip is known.
  Duration floor;             ///< No wait is shorter, however fast the path.
  Duration cap;               ///< No wait is longer, however often it doubled.
  Duration give_up;           ///< The deadline, counted from the first send.
  unsigned max_attempts = 0;  ///< Sends at most; 0: as many as fit before the deadline.
  double jitter = 0.25;  ///< Each wait grows by a random part of itself, up to this. Never shrinks.
  bool adaptive = true;  ///< Measured round trips replace first_wait, and losses are found by them.
};

/// For loopback, link-local and private addresses: 0.1, 0.2, 0.4, 0.8, 1.6 s, then the server may
/// be down.
inline constexpr RetryPolicy kLocalPolicy{.first_wait = std::chrono::milliseconds{100},
                                          .floor = std::chrono::milliseconds{5},
                                          .cap = std::chrono::seconds{2},
                                          .give_up = std::chrono::milliseconds{3100}};

/// For every other address.
inline constexpr RetryPolicy kInternetPolicy{.first_wait = std::chrono::seconds{1},
                                             .floor = std::chrono::milliseconds{200},
                                             .cap = std::chrono::seconds{60},
                                             .give_up = std::chrono::seconds{30}};

/// The policy for a destination, by what kind of address it is.
const RetryPolicy& policy_for(const Endpoint& destination);

/// What a thread does when there is nothing to do: sleep in the kernel, or spin and answer sooner
/// for the price of a whole processor.
enum class Idle : std::uint8_t { kSleep, kSpin };

/// Workers of one server.
inline constexpr unsigned kMostWorkers = 64;

/// Limits of raw mode. Each bounds a table, a queue or a size; when it is reached the newcomer is
/// refused.
struct RawLimits {
  /// Requests in flight to one destination with a Matcher: as many as 16-bit IDs can tell apart
  /// with room.
  static constexpr std::size_t kWindow = 16'384;
  /// Requests in flight without one: each holds a socket, and 1,024 descriptors is the usual limit.
  static constexpr std::size_t kPorts = 512;
  /// Finished requests remembered, to tell a duplicate or a late reply from a stranger's.
  static constexpr std::size_t kFinished = 1'024;
  /// Ports remembered, without a Matcher, because a late answer may still reach them: half of the
  /// 28,232 that Linux chooses from, so that another is soon found.
  static constexpr std::size_t kSpentPorts = 14'116;
  /// How long one is remembered: as long as the internet policy waits for an answer.
  static constexpr Duration kSpentHold = std::chrono::seconds{30};
};

/// Limits of one client in clear and sealed mode.
struct ClientLimits {
  /// Requests queued and in flight to one destination: the numbers that client and server both keep
  /// (protocol.md §9).
  static constexpr std::size_t kWindow = 65'536;
  /// Bytes of a request's body, and of a reply's (protocol.md §8.3).
  static constexpr std::size_t kBody = 65'459;
  /// Pings in flight.
  static constexpr std::size_t kPings = 64;
};

/// Limits of one server in clear and sealed mode, of all its workers together (protocol.md §6.9).
/// What is unexpired is never evicted: a full table refuses the newcomer.
struct ServerLimits {
  /// Bytes of contexts, number states and kept replies.
  std::size_t memory = std::size_t{128} * 1024 * 1024;
  /// Handlers running for one client, and for all: each may hold a thread or a connection of the
  /// application's.
  std::size_t running_per_client = 1'024;
  std::size_t running = 65'536;
  /// What one client may hold of the memory, as a divisor: 16 is a sixteenth.
  std::size_t client_share = 16;
  /// What one IPv4 address or IPv6 /64 may hold of any table, as a divisor. 1 behind an address
  /// translator, and in benchmarks.
  std::size_t address_share = 4;
};

/// What frames share datagrams up to on a path within this machine (protocol.md §8.1), in bytes:
/// four of them fill a segmentation run.
inline constexpr std::size_t kLoopbackDatagram = 16'376;

/// Limits of batch I/O.
struct BatchLimits {
  /// Datagrams in one segmentation run: what older kernels take (newer ones take 128).
  static constexpr std::size_t kSegments = 64;
  /// Bytes in one run: one IPv4 datagram's payload.
  static constexpr std::size_t kRunBytes = 65'507;
  /// Addresses remembered as unable to take segmentation runs; the oldest gives way to the next.
  static constexpr std::size_t kUnsegmented = 256;
  /// Messages, each a run or a single datagram, handed to the kernel in one call.
  static constexpr std::size_t kMessages = 64;
  /// Datagrams that a receive batch has room for, of each of its slots: the most that a kernel
  /// makes one train of.
  static constexpr std::size_t kTrain = 128;
  /// Entries of the error queue taken at a time: a flood of ICMP must not keep a thread there.
  static constexpr int kErrors = 256;
  /// Bytes of datagrams that may wait to be received, as far as net.core.rmem_max allows: twice
  /// what 16,384 requests of 64 bytes take with all that the kernel adds to them. A burst that does
  /// not fit is lost, and its retries take milliseconds.
  static constexpr std::size_t kReceiveRoom = std::size_t{4} * 1024 * 1024;
  /// How long one send of a batch waits, in all, for room in the socket's buffer.
  static constexpr Duration kSendWait = std::chrono::seconds{1};
};

}  // namespace volley
