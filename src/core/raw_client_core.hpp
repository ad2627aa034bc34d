#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/matcher.hpp>
#include <volley/options.hpp>
#include <volley/raw_answer.hpp>
#include <volley/time.hpp>

#include "base/random.hpp"
#include "base/ring.hpp"
#include "core/id_ledger.hpp"
#include "core/pending_table.hpp"
#include "core/raw_event.hpp"
#include "core/retry_schedule.hpp"
#include "core/rtt_estimator.hpp"
#include "core/slot_list.hpp"
#include "core/timer_queue.hpp"

namespace volley {

/// What one raw request may have of its own.
struct RawRequest {
  /// From its first send to its deadline; by default the policy's.
  std::optional<Duration> timeout{};
  /// Written over the Matcher's field of the body. For a Matcher with a field only.
  std::optional<MatchId> fresh_id{};
};

/// The conversation of one socket with one server in raw mode: sends each request again until it is
/// answered or given up, and believes only what comes from the server's address and, with a
/// Matcher, has the ID of a request that was sent and is in flight. Everything else is dropped and
/// counted.
///
/// With a Matcher it carries as many requests as the window. Without one it carries one at a time,
/// and any datagram from the server answers it: so once the socket is spent() it must carry no
/// other. Even then a network that duplicates a datagram by itself can deceive; only an ID helps
/// against that.
///
/// Sans-IO: it has no socket and no clock, and no thread of its own; it runs on the caller's. The
/// memory is bounded by the window; requests, replies and events of a steady flow allocate nothing.
class RawClientCore {
 public:
  struct Options {
    Endpoint server;
    RetryPolicy policy;      ///< One that validate() passes.
    std::size_t window = 1;  ///< Requests in flight, at least 1; without a Matcher always 1.
    std::optional<Matcher> matcher{};
    /// Of the jitter, and of the hash that finds IDs: unknown to those who could choose IDs that
    /// collide.
    std::uint64_t seed = 1;
    bool report_waits = false;  ///< Make a RawWaiting event of every send.
  };

  /// `rtt` belongs to the destination, is shared by every core that talks to it, and outlives them.
  /// An ID of one or two bytes makes the window smaller, so that at most a quarter of all IDs are
  /// in flight.
  RawClientCore(Options options, RttEstimator& rtt);
  RawClientCore(const RawClientCore&) = delete;
  RawClientCore& operator=(const RawClientCore&) = delete;

  // Outbound: request, poll_transmit.

  /// Takes a request in, copying its body; poll_transmit() sends it. Fails with kTooLarge, with
  /// kInvalid if the body has no ID, and with kFull if there is no room or the ID is in flight
  /// already.
  ///
  /// A caller who uses an ID again soon after its request ended gets the answer to either.
  [[nodiscard]] Result<RequestId> request(Bytes body, const RawRequest& request, Instant now);

  /// Whether request() has room: for that, events must be polled too.
  bool has_room() const;
  std::size_t in_flight() const { return pending_.size(); }

  /// Whether this ID, of the Matcher's size, is in flight or finished so lately that answers to it
  /// may still come: for a fresh one, draw again. At most half of all IDs are taken.
  bool id_taken(const MatchId& id) const;

  /// Writes the next datagram to send into `buffer`: nothing if none is due, or if the next one
  /// does not fit the buffer; then it stays due. The attempt counts as made, whatever the kernel
  /// does to it. Poll until there is nothing after request() and handle_timeout(), and again when
  /// the send batch has room again.
  std::optional<Transmit> poll_transmit(MutableBytes buffer, Instant now);

  // Inbound: handle_datagram, poll_event.

  /// Takes one datagram that came in. Events borrow its payload: poll them before its memory is
  /// used again.
  void handle_datagram(const Datagram& datagram, Instant now);

  /// The (connected) socket said that the port is closed: ends every request that was sent, as
  /// kRefused.
  void handle_refused(Instant now);

  /// The network or this machine said that something is wrong. ICMP is easily forged, so this ends
  /// nothing: it names the cause if there is no answer to a request now in flight.
  void handle_hint(ErrorCode hint, Instant now);

  /// What happened. Poll until there is nothing after every handle_…() and, with report_waits,
  /// after poll_transmit(), which rests until there is room for its next event.
  std::optional<RawEvent> poll_event();

  // Time: next_timeout, handle_timeout.

  /// When to call handle_timeout(), if nothing else happens. Ask again after every other call.
  std::optional<Instant> next_timeout() const { return timers_.next(); }

  /// Ends what has reached its deadline, and makes due what has waited its wait.
  void handle_timeout(Instant now);

  /// Without a Matcher: whether a datagram may still come that would be taken for the answer to the
  /// next request. A request was sent twice or ended without an answer, or something came
  /// uninvited.
  bool spent() const { return spent_; }

  const RawClientCounters& counters() const { return counters_; }

 private:
  struct Request {
    RetrySchedule schedule;
    MatchId id;           // With a Matcher.
    SlotLinks links{};    // In due_,
    bool is_due = false;  // while it is there.
  };

  [[nodiscard]] Result<MatchId> identify(MutableBytes body,
                                         const std::optional<MatchId>& fresh_id) const;
  void count_uninvited(const std::optional<MatchId>& id);
  void make_due(Slot slot);
  void make_wait(Slot slot, Instant timer);
  void finish(Slot slot, RawOutcome outcome, Bytes body, Instant now);
  bool room_for_event() const;

  const Options options_;
  RttEstimator& rtt_;
  Random jitter_;
  PendingTable<Request> pending_;
  SlotList due_;       // What is to be sent.
  TimerQueue timers_;  // Of each request its one, by slot.
  Ring<RawEvent> events_;
  std::optional<IdLedger> ids_;             // With a Matcher.
  RequestId last_{};                        // Without one: the request last taken in,
  std::optional<RawOutcome> last_outcome_;  // and how the last one that ended did.
  bool spent_ = false;
  std::optional<ErrorCode> hint_;
  Instant hinted_;
  RawClientCounters counters_;
};

}  // namespace volley
