#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

/// What one request may have of its own.
struct RequestOptions {
  /// From now to its deadline; by default the policy's. Duration::max(): none.
  std::optional<Duration> timeout{};
  /// It may run any number of times, and leaves no state on the server.
  bool idempotent = false;
};

/// An answer to ClientCore::ping().
struct Pong {
  std::uint64_t opaque = 0;  ///< What ping() returned.
  std::size_t size = 0;      ///< Of the datagram, in bytes, both ways.
  Duration round_trip{};
};

/// What happened since the last poll: one of the two.
struct ClientEvent {
  RequestId request{};
  std::optional<Answer> answer{};  ///< The end of `request`.
  std::optional<Pong> pong{};
};

/// What one client sent and received. Datagrams, unless a name says otherwise.
struct ClientCounters {
  std::uint64_t requests = 0;  ///< Requests taken in.
  std::uint64_t attempts = 0;  ///< REQUEST and PROBE frames sent.
  std::uint64_t probes = 0;    ///< PROBE frames among them.
  std::uint64_t replies = 0;   ///< Requests that ended with a reply.
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped_short = 0;  ///< By the reasons of protocol.md §2.3, from here …
  std::uint64_t dropped_type = 0;
  std::uint64_t dropped_unsupported = 0;
  std::uint64_t dropped_version = 0;
  std::uint64_t dropped_stranger = 0;  ///< Not from the server's address.
  std::uint64_t dropped_direction = 0;
  std::uint64_t dropped_header = 0;
  std::uint64_t dropped_unknown_client = 0;
  std::uint64_t dropped_malformed = 0;
  std::uint64_t stale_epoch = 0;  ///< Not dropped: only their headers told nothing.
  // Frames.
  std::uint64_t late = 0;  ///< Of requests that have ended: duplicates are among them.
  std::uint64_t stale_stamp = 0;
  std::uint64_t unsent = 0;       ///< … to here.
  std::uint64_t pongs_again = 0;  ///< Echoes that came a second time.
  std::uint64_t expired = 0;      ///< Waits that ended without an answer.
  std::uint64_t seemed_lost = 0;  ///< With requests, when later ones were answered before them.
  std::uint64_t reductions = 0;   ///< Of the congestion window.
  std::uint64_t epochs = 0;       ///< Epochs the server had.
};

/// One client's conversation with one server, sans-IO: numbers, copies, waits, packing, the
/// congestion window and the rules by which each request gets exactly one outcome (protocol.md §5
/// and §7). The clear mode.
///
/// It has no socket, no clock and no thread. All calls take the time, which never goes back and is
/// read after the datagram was (protocol.md §1.3 A1). The memory is bounded by the window and the
/// bodies in it; a steady flow allocates nothing.
class ClientCore {
 public:
  struct Options {
    Endpoint server;
    RetryPolicy policy = kLocalPolicy;  ///< One that validate() passes.
    std::size_t window = 1'024;         ///< Requests queued and in flight together; to 65,536.
    std::size_t datagram_size = 1'200;  ///< Frames share datagrams up to this size: 256 to 65,507.
    std::uint64_t seed = 1;             ///< Of the jitter.
    /// A fresh secret number: client IDs and opaques are made of it (protocol.md §10).
    std::function<std::uint64_t()> draw_secret;
  };

  explicit ClientCore(Options options);
  ClientCore(ClientCore&&) noexcept;
  ClientCore& operator=(ClientCore&&) noexcept;
  ~ClientCore();

  // Outbound: request, ping, poll_transmit.

  /// Takes a request in, copying its body; poll_transmit() sends it, together with others. Fails
  /// with kTooLarge (over 65,459 bytes) and kFull (the window).
  [[nodiscard]] Result<RequestId> request(Bytes body, const RequestOptions& options, Instant now);
  /// Ends a request; its event says what is known.
  void cancel(RequestId request, Instant now);
  /// Asks for one datagram of `size` bytes to be echoed (44 to 65,507), with its own event if the
  /// echo comes. Gives the opaque number it will bear. Fails with kInvalid, and with kFull: 64 at a
  /// time, each until its echo came or seems lost.
  [[nodiscard]] Result<std::uint64_t> ping(std::size_t size, Instant now);

  /// Whether request() has room: events must be polled for that too.
  bool has_room() const;
  /// Requests taken in whose event was not polled yet.
  std::size_t in_flight() const;

  /// Writes the next datagram into `buffer`, which must have room for 65,507 bytes. Nothing if none
  /// is due or the congestion window is full. Neighbours are of one size where that costs little,
  /// so that a SendBatch makes runs of them. It counts as sent, whatever becomes of it. Poll until
  /// there is nothing after request(), ping(), every handle_…() and cancel(), and again when the
  /// send batch has room again.
  std::optional<Transmit> poll_transmit(MutableBytes buffer, Instant now);

  // Inbound: handle_datagram, handle_hint, poll_event.

  /// Takes one datagram that came in. Events borrow its payload: poll them before its memory is
  /// used again.
  void handle_datagram(const Datagram& datagram, Instant now);
  /// The network or this machine said that something is wrong. ICMP is easily forged, so it ends
  /// nothing: it has the requests in flight sent again at once, each only once until a wait of it
  /// ends, and names the cause if no answer comes.
  void handle_hint(ErrorCode hint, Instant now);
  /// What happened, told until the next call; nullptr if nothing did. Poll until there is nothing
  /// after every handle_…() and cancel().
  const ClientEvent* poll_event();

  // Time: next_timeout, handle_timeout.

  /// When to call handle_timeout(), if nothing else happens. Ask again after every other call.
  std::optional<Instant> next_timeout() const;
  void handle_timeout(Instant now);

  /// The smoothed round trip, once one is known.
  std::optional<Duration> smoothed_round_trip() const;
  /// Datagrams that the congestion window allows in flight.
  double congestion_window() const;
  const ClientCounters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace volley
