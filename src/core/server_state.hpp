#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/server_core.hpp>
#include <volley/time.hpp>

#include "core/address_shares.hpp"
#include "core/answer_queue.hpp"
#include "core/block_store.hpp"
#include "core/clear_channel.hpp"
#include "core/context_table.hpp"
#include "core/number_state.hpp"
#include "core/reply_store.hpp"
#include "core/route_table.hpp"
#include "core/running_table.hpp"
#include "core/server_tickets.hpp"
#include "core/token_bucket.hpp"
#include "wire/clear_header.hpp"
#include "wire/drop.hpp"
#include "wire/frame.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// A handler that has not answered so long after its REQUEST was read is said to be WORKING
/// (protocol.md §6.5).
inline constexpr Duration kWorkingAfter = std::chrono::milliseconds{2};

/// Datagrams with a wrong epoch or ticket that are answered (protocol.md §6.2): 50,000 a second,
/// and 10,000 at once. It is some tenth of what a worker's time is worth.
inline constexpr Duration kStrangerInterval = std::chrono::microseconds{20};
inline constexpr std::uint32_t kStrangersAtOnce = 10'000;

/// What is behind ServerCore: its calls are these, and mean what they mean there. Its parts stand
/// in the order of a datagram's way. What is inline without a body here has it in
/// server_requests.hpp, or is called in its own file only.
struct ServerState {
  using Options = ServerCore::Options;

  explicit ServerState(const Options& chosen);

  // Inbound, in server_inbound.cpp: what a datagram may do.

  void handle_datagram(const Datagram& datagram, Instant now);
  std::expected<ClearChannel::Opened, Drop> open(const Datagram& datagram) const;
  void let_act(const ClearChannel::Opened& opened, Instant now);
  void refuse(const ClearChannel::Opened& opened, const Datagram& datagram, Instant now);
  Context* find_context(Slot route);
  bool make_context(Instant now);
  void drop(Drop reason);

  // Its requests, in server_requests.hpp: all of them pass there.

  inline const Execution* poll_request(Instant now);
  inline Bytes take_up_next();
  inline bool take_numbered(std::size_t body, bool late, Instant now);
  inline NumberState* admit(Instant now);
  inline bool has_room_to_run(std::size_t body);
  inline const Execution* start(Bytes body);
  void settle() {
    if (prompt_id != ExecutionId{}) enter();
  }

  // Its other frames, and what is seldom done for a request, in server_frames.cpp.

  void take_up(const MessageRun& requests);
  bool answer_other(Instant now);
  void echo(const Frame& ping, bool first);
  void answer_probe(Instant now);
  bool take_idempotent(bool late);
  NumberState* make_place(Instant now);
  void turn_down();
  void answer_known(NumberState state);
  void send_again(Block page);
  void follow(Running& handler);
  void enter();
  void nack(NackCode code, std::uint32_t detail = 0);

  // Room for replies, in server_pages.cpp.

  bool find_room_to_run(std::size_t body);
  std::size_t turn_page(std::size_t body);
  bool open_page(std::size_t body);
  bool open_unkept_page(std::size_t reply);
  void begin_page(Block page, Context* context);
  std::size_t room_behind(std::size_t body) const;
  Block make_page(Context& context, std::size_t size, std::uint32_t first);
  void close_page();
  void set_aside();

  // Outbound, in server_outbound.cpp: how handlers end, and what follows from time.

  void reply(ExecutionId execution, std::uint16_t status, Bytes body, Instant now);
  void abandon(ExecutionId execution, Instant now);
  void end(ExecutionId execution, const ReplyStore::Reply& reply, Instant now);
  void answer_at_once(const ReplyStore::Reply& reply, bool deferred, Instant now);
  inline void write_at_hand(const ReplyStore::Reply& reply, bool deferred);
  void finish(ExecutionId execution, const ReplyStore::Reply* reply, Instant now);
  void finish_numbered(const Running& ended, const ReplyStore::Reply* reply, bool deferred,
                       Instant now);
  void finish_idempotent(const Running& ended, const ReplyStore::Reply* reply, bool deferred);
  void answer_apart(const Running& ended, std::uint32_t number, const ReplyStore::Reply& reply,
                    bool deferred);
  void nack_lost(const Running& ended);
  void send(const QueuedAnswer& answer);
  void send_reply(const QueuedAnswer& answer);
  void account_for(std::uint32_t count);
  void queue_run();
  void queue(const QueuedAnswer& answer);
  bool is_large(const QueuedAnswer& reply) const;
  void tell_working(Instant now);

  // The way out, in server_packer.cpp: which answers share datagrams.

  /// It is asked for more than there is each time: so much of it is inline.
  std::optional<Transmit> poll_transmit(MutableBytes buffer, Instant now) {
    const bool nothing = answers.empty() && at_hand.page.next() == at_hand.run;
    return nothing ? std::nullopt : next_transmit(buffer, now);
  }
  std::optional<Transmit> next_transmit(MutableBytes buffer, Instant now);
  std::size_t pack_run(MutableBytes buffer, Slot route, const ClearHeader& header,
                       Transmit& transmit);
  std::size_t pack(MutableBytes room, Slot route, const ClearHeader& header);
  std::size_t pack_one(MutableBytes buffer, Slot route, const ClearHeader& header);
  inline bool write(QueuedAnswer& answer, FrameWriter& out, std::uint32_t most);
  inline std::uint32_t write_replies(const QueuedAnswer& answer, FrameWriter& out,
                                     std::uint32_t most);
  bool write_other(const QueuedAnswer& answer, FrameWriter& out);
  void count(NackCode code);

  // The rest, in server_core.cpp.

  bool must_transmit() const;
  void handle_too_large(const Transmit& transmit, Bytes datagram);
  std::optional<Instant> next_timeout();
  void handle_timeout(Instant now);
  void drain();
  std::size_t handlers_running() {
    settle();
    return running.size();
  }
  bool idle();
  const ServerCounters& counts();

  /// The datagram whose frames act, and how far they did.
  struct AtHand {
    std::size_t left = 0;             // Requests of a run that are yet to act;
    const std::byte* next = nullptr;  // their bodies;
    Duration patience{};              // and how late they may start.
    FrameReader frames{Bytes{}};      // What is behind them.
    Execution execution{};  // What is told of a request; where it came from is the datagram's.
    Running handler{};      // As the datagram and the frame that acts make it; its route is held.
    Context* context = nullptr;    // The client's, if there is one,
    ContextTable::Ring ring{};     // with its numbers,
    NumberState* state = nullptr;  // and the state of the one that acts.
    std::uint32_t lowest = 1;      // L.
    std::size_t repeated = 0;      // Octets of kept replies sent again for it.

    /// The open page: as long as requests are in order and it has room, their replies go there. It
    /// is kept as long as it is open. It counts as that context's, or nobody's if it is for replies
    /// to idempotent requests, which are not kept.
    PageWriter page{};
    Block page_block = kNoBlock;
    Context* page_context = nullptr;
    std::uint32_t run = 0;   // Replies on it from this number on are not queued yet.
    bool may_run = false;    // What there is room for on it: the limits were looked at.
    bool scattered = false;  // Its numbers, so its pages are for one reply.
    bool at_start = true;
  };

  Options options;
  ServerCounters counters{};
  bool draining = false;

  BlockStore store;
  AddressShares shares;
  ReplyStore replies;
  ContextTable contexts;
  RunningTable running;
  RouteTable routes;
  ServerTickets tickets;
  TokenBucket strangers{kStrangerInterval, kStrangersAtOnce};
  AnswerQueue answers;

  AtHand at_hand{};
  PageWriter::Written written{};  // To the page closed last that had something on it.
  /// Of the handler started last, which is the one at hand, until anything but its reply happens;
  /// else nobody's. Most handlers answer at once, and those never enter a table.
  ExecutionId prompt_id{};
  std::uint32_t arrivals = 0;  // Datagrams that came in, to tell them apart.
};

}  // namespace volley
