#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

/// One life of a server at its address, shared by all its workers (protocol.md §6.10). It begins
/// after the address was taken.
struct Incarnation {
  std::uint64_t epoch = 0;             ///< From the system's entropy, never 0.
  Instant birth{};                     ///< Uptime 0.
  std::array<std::byte, 16> secret{};  ///< From the system's entropy: tickets are made with it.
};

/// Names one running handler.
enum class ExecutionId : std::uint64_t {};

/// A request to execute, now and once.
struct Execution {
  ExecutionId id{};
  Bytes body{};      ///< Borrowed from the datagram that brought it: until the next one.
  Endpoint peer{};   ///< Where it came from. Hint only: clients move.
  Endpoint local{};  ///< Where it was sent to.
  bool idempotent = false;
};

/// What one server core received, ran and refused.
struct ServerCounters {
  // Datagrams.
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t dropped_short = 0;  ///< By the reasons of protocol.md §2.3, from here …
  std::uint64_t dropped_type = 0;
  std::uint64_t dropped_unsupported = 0;
  std::uint64_t dropped_version = 0;
  std::uint64_t dropped_source = 0;
  std::uint64_t dropped_direction = 0;
  std::uint64_t dropped_header = 0;
  std::uint64_t dropped_misrouted = 0;
  std::uint64_t dropped_malformed = 0;
  std::uint64_t wrong_ticket = 0;  ///< Answered with a bare header, or by protocol.md §6.3 …
  std::uint64_t unanswered = 0;    ///< … but for these of them: they were too many (§6.2).
  // Frames.
  std::uint64_t below_base = 0;
  std::uint64_t beyond_window = 0;  ///< … to here.
  std::uint64_t executed = 0;       ///< Handlers started.
  std::uint64_t replied = 0;        ///< REPLY frames sent, kept ones again too.
  std::uint64_t repeated = 0;       ///< Of those, kept ones sent again.
  std::uint64_t held_back = 0;      ///< Kept ones not sent again: one datagram asked for too many.
  std::uint64_t unkept = 0;         ///< Replies sent once and not kept: there was no room.
  std::uint64_t working = 0;        ///< WORKING frames sent.
  std::uint64_t busy = 0;           ///< Refused: no room to run, or too late.
  std::uint64_t never = 0;          ///< NEVER frames sent.
  std::uint64_t reply_gone = 0;
  std::uint64_t overload = 0;   ///< Refused: no room to remember.
  std::uint64_t abandoned = 0;  ///< Handlers that ended without an answer.
  std::uint64_t pongs = 0;
  std::uint64_t lost = 0;  ///< Answers that transmits were not polled for in time.
  // Datagrams that no core sees: a Server counts them.
  std::uint64_t simulated_losses = 0;  ///< Of ServerOptions::drop; not in `received`.
  std::uint64_t truncated = 0;         ///< Larger than the receive slot; not in `received`.
  std::uint64_t unsent = 0;            ///< In `sent`, but the kernel would not send them.
  std::uint64_t failed_receives = 0;   ///< Receive calls that the kernel failed.
  // Now.
  std::uint64_t contexts = 0;
  std::uint64_t running = 0;
  /// Of contexts, number states and kept replies together, as allocated; never over limits.memory.
  std::uint64_t bytes = 0;
};

/// One worker's half of the promise, sans-IO: executes each number at most once and remembers what
/// became of it (protocol.md §6). The clear mode.
///
/// It has no socket, no clock and no thread; one thread at a time. All calls take the time, which
/// never goes back and is read after the datagram was (protocol.md §1.3 A1).
///
/// Contexts, number states and kept replies stay within limits.memory, whatever arrives. Beside
/// them there are tables bounded by other limits: some 170 bytes for each handler running, and less
/// than 2 MB of queue and caches. A steady flow allocates nothing.
class ServerCore {
 public:
  struct Options {
    Incarnation incarnation;
    unsigned worker = 0;            ///< Runs what protocol.md §2.2 gives to this one
    unsigned workers = 1;           ///< of so many.
    ServerLimits limits{};          ///< This worker's share of them.
    std::uint64_t hash_secret = 0;  ///< From the system's entropy: nobody can choose what collides.
    /// Answers to loopback addresses share datagrams up to this size: 1,200 to 65,507.
    std::size_t loopback_datagram_size = 1'200;
  };

  explicit ServerCore(const Options& options);
  ServerCore(ServerCore&&) noexcept;
  ServerCore& operator=(ServerCore&&) noexcept;
  ~ServerCore();

  // Inbound: handle_datagram, poll_request.

  /// Takes one datagram that came in. Its frames act as requests are polled, so poll them until
  /// there are none before the next, and before handle_timeout(): what is left is as if it had been
  /// lost.
  void handle_datagram(const Datagram& datagram, Instant now);
  /// The next request to execute, told until the next call; nullptr if there is none. Each must end
  /// with reply() or abandon(), in any order, now or later; before the next call costs least. Those
  /// whose time passed while others of the same datagram ran are refused.
  const Execution* poll_request(Instant now);

  // Outbound: reply, abandon, poll_transmit.

  /// The handler has ended with this answer: status 0, or what the application means by another. A
  /// body over 65,459 bytes is as no answer.
  void reply(ExecutionId execution, std::uint16_t status, Bytes body, Instant now);
  /// The handler has ended without one.
  void abandon(ExecutionId execution, Instant now);

  /// Writes the next datagram into `buffer`, which has room for 65,507 bytes; or the next run of
  /// them, by Transmit::segment_size. Poll until there is nothing at the end of each turn of the
  /// loop, and whenever must_transmit() says so.
  std::optional<Transmit> poll_transmit(MutableBytes buffer, Instant now);
  /// Whether transmits must be polled before the next handle_datagram(), handle_timeout(), reply()
  /// or abandon(), whose answers may be lost otherwise, as if on the way.
  bool must_transmit() const;
  /// The system would not send this datagram, or this one of a run, for its size. Replies in it are
  /// answered REPLY_GONE instead (protocol.md §6.4).
  void handle_too_large(const Transmit& transmit, Bytes datagram);

  // Time: next_timeout, handle_timeout.

  /// When to call handle_timeout(), if nothing else happens. Ask again after every other call.
  std::optional<Instant> next_timeout() const;
  /// Does a bounded part of what is due; next_timeout() tells if there is more.
  void handle_timeout(Instant now);

  /// Refuses new numbers from now on; what runs may end (protocol.md §6.5).
  void drain();
  /// Whether nothing runs and nothing waits to be sent.
  bool idle() const;

  const ServerCounters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace volley
