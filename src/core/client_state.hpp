#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include <volley/client_core.hpp>

#include "base/random.hpp"
#include "base/ring.hpp"
#include "core/clear_channel.hpp"
#include "core/client_numbers.hpp"
#include "core/client_pings.hpp"
#include "core/client_request.hpp"
#include "core/congestion_window.hpp"
#include "core/held_epoch.hpp"
#include "core/page_pool.hpp"
#include "core/pending_table.hpp"
#include "core/request_page.hpp"
#include "core/retry_schedule.hpp"
#include "core/rtt_estimator.hpp"
#include "core/sent_datagrams.hpp"
#include "core/slot_list.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {

/// What is behind ClientCore: its calls are these, and mean what they mean there. Its parts, by
/// file: client_state.cpp takes requests in and ends them, client_pages.cpp has to do with those in
/// pages, client_transmit.cpp packs, client_receive.cpp reads, client_wait.cpp waits and hastens,
/// client_loss.cpp finds losses. What each request passes is inline: here and in client_read.hpp.
class ClientState {
 public:
  /// `first`: the first client_id's first number, 1 but in tests.
  ClientState(ClientCore::Options options, Sequence first);
  ClientState(const ClientState&) = delete;
  ClientState& operator=(const ClientState&) = delete;

  Result<RequestId> request(Bytes body, const RequestOptions& options, Instant now) {
    const Slot slot = take(body, options, now);
    if (slot == kNoSlot) return std::unexpected(refusal(body));
    return requests_.id_of(slot);
  }
  /// The same in its parts: the slot of the request, kNoSlot if it is refused, and why it is.
  Slot take(Bytes body, const RequestOptions& options, Instant now) {
    const Duration timeout = options.timeout.value_or(options_.policy.give_up);
    if (!has_room() || !open_.all_have(now, timeout)) return take_otherwise(body, options, now);
    const bool shares = open_.shares(options.idempotent, body.size());
    if (!shares && !open_.fits(body.size())) return take_otherwise(body, options, now);
    const Slot slot = requests_.make();
    write_to_page(slot, shares, options.idempotent, body);
    return slot;
  }
  [[gnu::noinline]] Error refusal(Bytes body) const;
  void cancel(RequestId request, Instant now);
  Result<std::uint64_t> ping(std::size_t size, Instant now);
  /// The table has room for one more than the window.
  bool has_room() const { return requests_.room() > ended_.size() + 1; }
  std::size_t in_flight() const { return requests_.size() + ended_.size(); }

  /// It is asked for more than there is nearly each time: so much of it is inline.
  std::optional<Transmit> poll_transmit(MutableBytes buffer, Instant now) {
    const bool nothing = server_.known() && !anything_waits() && !tell_former_ && tell_at_ > now;
    const auto sent = nothing ? std::nullopt : next_datagram(buffer, now);
    if (!sent) run_size_ = 0;
    return sent;
  }
  /// Requests that wait to be sent in pages.
  std::size_t unsent() const;
  void handle_datagram(const Datagram& datagram, Instant now);
  /// The same, but replies are told of at once: in client_read.hpp.
  template <class Tell>
  void read(const Datagram& datagram, Instant now, Tell tell);
  void handle_hint(ErrorCode hint, Instant now);
  const ClientEvent* poll_event() {
    // What is kept by the slot of the request told of last could be used until now.
    if (told_request_ != RequestId{}) {
      requests_.release(slot_of(std::exchange(told_request_, RequestId{})));
    }
    if (!ended_.empty()) {
      // It stays as it is until others took every other place, or the ring was rewound.
      const ClientEvent& event = ended_.front();
      told_request_ = event.request;
      ended_.drop();
      return &event;
    }
    ended_.rewind();
    return pongs_.empty() ? nullptr : poll_pong();
  }
  std::optional<Instant> next_timeout() const;
  void handle_timeout(Instant now);

  std::optional<Duration> smoothed_round_trip() const { return rtt_.smoothed(); }
  double congestion_window() const { return window_.datagrams(); }
  const ClientCounters& counters() const {
    counters_.requests = taken_ + open_.waiting();
    return counters_;
  }

 private:
  using Requests = PendingTable<ClientRequest>;
  using State = ClientRequest::State;
  class Packing;

  // client_state.cpp: waiting to be sent, and ends.
  bool requests_wait() const { return !unsent_.empty() || !queue_.empty() || !due_.empty(); }
  bool anything_waits() const { return requests_wait() || pings_.queued(); }
  void hasten_contact(Instant now);
  bool gives_up_contact(Instant now) const;
  /// Puts a request at the end of those to be sent.
  void line_up(SlotList& list, Slot slot) {
    if (!requests_wait()) first_deadline_ = Instant::max();
    first_deadline_ = std::min(first_deadline_, requests_[slot].schedule.deadline());
    list.push_back(requests_, slot);
  }
  [[gnu::noinline]] Slot take_otherwise(Bytes body, const RequestOptions& options, Instant now);
  inline void take_out(Slot slot, bool answered, Instant now);
  void close(Slot datagram, Instant now);
  inline void leave(Slot slot, bool answered, Instant now);
  void end(Slot slot, Outcome outcome, Reason reason, Instant now);
  void fall_idle(Instant now);
  void end_unanswered(Slot slot, Reason reason, Instant now);
  [[gnu::noinline]] const ClientEvent* poll_pong();  // Seldom, so poll_event() stays small.

  // client_pages.cpp.
  /// Requires that it shares the last frame of the open page, or else fits there, and that it is
  /// like all there or its entry tells in what it is not.
  void write_to_page(Slot slot, bool shares, bool idempotent, Bytes body) {
    page_of_[slot] = open_.datagram();
    if (shares) {
      open_.add(slot, body);
    } else {
      open_.begin(slot, idempotent, body);
    }
  }
  bool open_page(std::size_t frame_size, Duration timeout, Instant now);
  void close_page();
  void mix_times(Slot slot, Duration timeout, Instant now);
  void tell_times(const RequestPage& page);
  std::optional<Transmit> send_page(MutableBytes buffer, Instant now);
  void tell_time_left(const RequestPage& page, Instant now);
  Instant earliest_deadline(const RequestPage& page, const MessageHead& frame) const;
  ClientRequest& move_out(Slot slot, const RequestPage& page, const Frame& frame);
  void leave_page(Slot slot);
  void take_apart(Slot datagram);
  void take_apart_unsent();

  // client_transmit.cpp.
  std::optional<Transmit> next_datagram(MutableBytes buffer, Instant now);
  std::optional<Transmit> first_contact(MutableBytes buffer, Instant now);
  bool add_first_contact(Packing& packing, Instant now);
  std::optional<Transmit> bare_header(MutableBytes buffer, const ClientNumbers& numbers,
                                      Instant until, Instant now);
  std::optional<Transmit> send_ping(MutableBytes buffer, Instant now);
  std::optional<Transmit> send_requests(MutableBytes buffer, Instant now);
  bool add_due(Packing& packing, Instant now);
  bool add_queued(Packing& packing, std::size_t most, Instant now);
  bool is_probed(const ClientRequest& request, Instant now) const;
  inline void begin(Packing& packing, std::uint8_t numbers, Instant now);
  void set_timer(Packing& packing, const ClientRequest& request);
  std::optional<Transmit> finish(Packing& packing, Instant now);
  Transmit seal_in_run(MutableBytes buffer, FrameWriter frames, std::uint8_t numbers);
  std::size_t run_limit() const;
  std::size_t request_size(Slot slot) const {
    return head_size(FrameType::kRequest) + requests_.body_size(slot);
  }
  void renew_client_id();
  Transmit seal(MutableBytes datagram, const ClientNumbers& numbers);

  // client_receive.cpp and client_read.hpp.
  struct Opened {
    ClearHeader header;
    CheckedFrames frames;
    bool bare;  // It has none.
  };
  std::expected<Opened, Drop> open(const Datagram& datagram) const;
  void count(Drop drop);
  void take_header(const ClearHeader& header, bool bare, Instant now);
  void take_restart(Duration uptime, Instant now);
  struct Heard {
    ClientNumbers& numbers;  // Of its client_id,
    bool former;             // which is no more in use.
    bool epoch_held;
  };
  /// protocol.md §7: r, of replies that are alike.
  void note_sizes(const MessageRun& replies) {
    const std::size_t heads = (MessageHead::kSize + replies.size() - 1) / replies.size();
    const std::size_t size = heads + replies.first().body.size();
    for (std::size_t i = 0; i < replies.size() && mean_reply_ / 16 != size; ++i) {
      mean_reply_ += size - mean_reply_ / 16;
    }
  }
  std::optional<Duration> hear_of_page(Slot datagram, bool deferred, Instant now);
  template <class Tell>
  inline void end_answered(const MessageRun& replies, const Heard& heard, Instant now,
                           Answer& answer, Tell& tell);
  template <class Tell>
  inline std::size_t end_in_page(Slot slot, const MessageRun& replies, std::size_t place,
                                 const Heard& heard, Instant now, Answer& answer, Tell& tell);
  // By value, so that the caller need not have it in memory.
  bool end_apart(Slot slot, Frame reply, const Heard& heard, Instant now, Answer& answer);
  bool is_answer(const Frame& frame, const ClientRequest& request, const Heard& heard);
  Duration round_trip(Slot datagram, Instant now) {
    SentDatagram& answered = sent_[datagram];
    // What shared a datagram measured one round trip, and not many.
    if (!std::exchange(answered.sampled, true)) take_sample(datagram, now);
    return now - answered.sent;
  }
  void take_sample(Slot datagram, Instant now);
  std::optional<Duration> round_trip(const ClientRequest& request, const Frame& frame, Instant now);
  void take_frame(const Frame& frame, const Heard& heard, Instant now);
  void take_nack(Slot slot, const Frame& frame, Instant now);
  void take_pong(const Frame& frame, Instant now);

  // client_loss.cpp.
  void find_losses(Instant now);
  void take_for_lost(Slot datagram, Instant now);
  void judge_loss(Slot slot, const Frame& frame, Instant now);

  // client_wait.cpp.
  Instant wait_end(const SentDatagram& datagram, const ClientRequest& request) const;
  void join(Slot datagram, Slot slot);
  void rest(Slot slot, std::optional<Instant> hold, Instant now);
  void wait_over(Slot datagram, Instant now);
  void expire(Slot slot, Instant now);
  void make_due(Slot slot, bool answered, Instant now);
  void hasten(Slot datagram, bool refused, Instant now);
  void hasten_refused(Instant now);
  void close_bare(bool answered, Instant now);
  void end_overdue(SlotList& list, Instant now);

  ClientCore::Options options_;
  RttEstimator rtt_;
  CongestionWindow window_;
  Random jitter_;
  HeldEpoch server_;
  std::array<ClientNumbers, 2> numbers_;  // The present client_id's, and the former's,
  std::uint8_t present_ = 0;              // and which is which.

  Requests requests_;
  std::vector<Slot> page_of_;  // By a request's slot, the datagram whose page it is in, if it is.
  RequestPageWriter open_;     // The page that the next request goes to.
  PagePool pages_;
  SlotList unsent_;  // Datagrams in pages that were not sent: the last one may be the open one's.
  SlotList queue_;   // Never sent, and in no page. New ones join it until it is empty.
  SlotList due_;     // To be sent again.
  SentDatagrams sent_;
  ClientPings pings_;
  Ring<ClientEvent> ended_;  // One place more than there can be: for the one that was told last.
  Ring<Pong> pongs_;
  ClientEvent told_pong_;
  RequestId told_request_{};

  // Of those in unsent_, queue_ and due_: no deadline is earlier. Looked up again when it is over.
  Instant first_deadline_ = Instant::max();

  RetrySchedule contact_;                   // Of the bare headers while no epoch is held.
  Instant contact_until_ = Instant::min();  // No first contact is sent before.
  std::size_t contacts_ = 0;                // Those sent,
  Instant contacted_{};                     // and when the last one was.
  bool tell_former_ = false;                // The former client_id's last L is to be told.
  std::uint32_t told_;                      // The present client_id's L as the server knows it.
  Instant tell_at_ = Instant::max();        // When to tell L if nothing else does.

  std::uint32_t heard_ = 0;                // Datagrams of the server's, modulo 2^32.
  Instant heard_bare_ = Instant::min();    // When the last bare header came.
  Slot bare_ = kNoSlot;                    // The one that was sent and waits.
  std::uint64_t answered_ = 0;             // SentDatagram::order of the last answered promptly.
  Instant doubts_until_ = Instant::min();  // No loss is believed before:
  Duration doubt_{};                       // so long, after one that was none.
  Instant sampled_ = Instant::min();  // t0 of those whose late answers gave the last round trip.
  Slot resting_ = kNoSlot;            // Where the datagram being handled puts what rests.
  std::size_t mean_reply_ = 0;        // r of protocol.md §7, in sixteenths of an octet.
  std::size_t run_size_ = 0;          // Of the datagrams since poll_transmit() had nothing.
  std::optional<ErrorCode> hint_;
  Instant hinted_{};
  std::uint64_t taken_ = 0;          // Requests, without those in the open page.
  mutable ClientCounters counters_;  // How many requests, it tells when it is asked for.
};

}  // namespace volley
