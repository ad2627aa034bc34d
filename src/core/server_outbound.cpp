#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

constexpr std::size_t datagram_size(std::size_t frame) {
  return ClearChannel::kFront + frame + ClearChannel::kBack;
}

/// The REPLY to a number, as it is sent first.
[[gnu::always_inline]] inline Frame frame_of(const Running& ended, std::uint32_t number,
                                             const ReplyStore::Reply& reply, bool deferred) {
  return {.type = FrameType::kReply,
          .attempt = ended.attempt,
          .deferred = deferred,
          .sequence = Sequence{number},
          .status = reply.status,
          .body = reply.body};
}

QueuedAnswer reply_on(Block page, const Running& ended, std::uint32_t number, bool deferred) {
  return {.kind = QueuedAnswer::Kind::kReply,
          .attempt = ended.attempt,
          .deferred = deferred,
          .alone = ended.allowed != 0,
          .count = 1,
          .route = ended.route,
          .number = number,
          .page = page};
}

}  // namespace

/// Nearly all handlers end here, at once: what is called from here is inlined, so that a reply is
/// never in memory but where it is kept.
void ServerState::reply(ExecutionId execution, std::uint16_t status, Bytes body, Instant now) {
  const ReplyStore::Reply reply{.status = status, .body = body};
  if (body.size() > kMaxBody) return abandon(execution, now);
  if (execution != prompt_id) return finish(execution, &reply, now);
  prompt_id = {};
  running.skip_id();
  const bool deferred = now - at_hand.handler.started >= kWorkingAfter;
  if (at_hand.handler.context == nullptr) {
    finish_idempotent(at_hand.handler, &reply, deferred);
  } else {
    answer_at_once(reply, deferred, now);
  }
}

/// The handler started last has ended: its reply goes to the page at hand.
[[gnu::always_inline]] inline void ServerState::answer_at_once(const ReplyStore::Reply& reply,
                                                               bool deferred, Instant now) {
  const Running& ended = at_hand.handler;
  Context& context = *ended.context;
  // Most end at the time of their datagram.
  if (now != context.alive) contexts.sign_of_life(context, now);
  ReplyPage& page = *at_hand.page;
  if (!page.has_room(reply.frame_size())) {
    if (page.empty()) close_page();  // What it takes may be needed.
    return answer_apart(ended, ended.number, reply, deferred);
  }
  write_message(frame_of(ended, ended.number, reply, deferred), page.set_aside(reply.frame_size()));
  ++page.kept;
  keep(context, ended.number, at_hand.page_block);
  // What is sent again is never in a run, for all of a run is sent as it is kept.
  if (at_hand.grows && ended.attempt == 1) {
    QueuedAnswer& run = answers.back();
    if (run.number + run.count == ended.number && run.deferred == deferred) {
      ++run.count;
      return;
    }
  }
  at_hand.grows = send_reply({.kind = QueuedAnswer::Kind::kReply,
                              .attempt = ended.attempt,
                              .deferred = deferred,
                              .count = 1,
                              .route = ended.route,
                              .number = ended.number,
                              .page = at_hand.page_block}) &&
                  ended.attempt == 1;
}

/// A number's reply is on that page, which is kept for it.
inline void ServerState::keep(Context& context, std::uint32_t number, Block page) {
  contexts.set(context, number, NumberState::kept(page));
  if (planted(Bug::kBaseFreedOnReply)) contexts.forget_number(context, number);
}

void ServerState::abandon(ExecutionId execution, Instant now) {
  ++counters.abandoned;
  finish(execution, nullptr, now);
}

/// A handler that did not answer at once has ended, without a reply if there is none.
void ServerState::finish(ExecutionId execution, const ReplyStore::Reply* reply, Instant now) {
  settle();
  const Slot slot = running.slot_of(execution);
  const Running& ended = running.at(slot);
  // protocol.md §4.4: a time that is no measure of the path.
  const bool deferred = ended.arrival != arrivals || now - ended.started >= kWorkingAfter;
  if (ended.context == nullptr) {
    AddressShares::give_running(*routes.at(ended.route).share);
    finish_idempotent(ended, reply, deferred);
  } else {
    AddressShares::give_running(*ended.context->share);
    --ended.context->running;
    finish_numbered(ended, reply, deferred, now);
  }
  routes.let_go(ended.route);
  running.remove(slot);
}

void ServerState::finish_numbered(const Running& ended, const ReplyStore::Reply* reply,
                                  bool deferred, Instant now) {
  Context& context = *ended.context;
  contexts.sign_of_life(context, now);
  std::uint32_t number = ended.number;
  if (number < context.base) {
    // The number is finished: nobody wants the reply, and its place may be another's.
    if (!planted(Bug::kReplyByPlace) || context.ring == kNoBlock) {
      return contexts.give_up(context, ended.page);
    }
    number = contexts.number_in_place_of(context, number);
    contexts.forget_number(context, number);
  }
  if (reply == nullptr) {
    contexts.give_up(context, ended.page);
    contexts.set(context, number, NumberState::done());
    return nack_lost(ended);
  }
  if (reply->frame_size() > ReplyStore::kReserve || number != ended.number) {
    contexts.give_up(context, ended.page);
    return answer_apart(ended, number, *reply, deferred);
  }
  write_message(frame_of(ended, number, *reply, deferred), replies.at(ended.page).place(number));
  send_reply(reply_on(ended.page, ended, number, deferred));
  keep(context, number, ended.page);
}

/// Answers a number with a reply on a page of its own.
void ServerState::answer_apart(const Running& ended, std::uint32_t number,
                               const ReplyStore::Reply& reply, bool deferred) {
  Context& context = *ended.context;
  const std::size_t size = reply.frame_size();
  Block page = make_page(context, ReplyPage::size_for(size), number);
  const bool kept = page != kNoBlock;
  if (!kept) {
    // protocol.md §6.7: what there is no room for is sent once.
    contexts.set(context, number, NumberState::done());
    ++counters.unkept;
    page = replies.make_beyond(number);
    if (page == kNoBlock) return nack_lost(ended);
  }
  write_message(frame_of(ended, number, reply, deferred), replies.at(page).set_aside(size));
  send_reply(reply_on(page, ended, number, deferred));
  if (kept) keep(context, number, page);
}

void ServerState::finish_idempotent(const Running& ended, const ReplyStore::Reply* reply,
                                    bool deferred) {
  if (reply == nullptr) return nack_lost(ended);
  const std::size_t size = reply->frame_size();
  // protocol.md §6.3: without a ticket, three times what asked, or else a bare header.
  if (ended.allowed != 0 && datagram_size(size) > ended.allowed) {
    send({.kind = QueuedAnswer::Kind::kBare,
          .turn = ended.turn,
          .alone = true,
          .route = ended.route});
    return;
  }
  Block page = replies.make(ReplyPage::size_for(size), ended.number);
  if (page == kNoBlock) page = replies.make_beyond(ended.number);
  if (page == kNoBlock) {
    ++counters.lost;
    return;
  }
  write_message(frame_of(ended, ended.number, *reply, deferred), replies.at(page).set_aside(size));
  send_reply(reply_on(page, ended, ended.number, deferred));
}

/// Says that a handler has ended, and that its reply cannot be had.
void ServerState::nack_lost(const Running& ended) {
  send({.kind = QueuedAnswer::Kind::kNack,
        .attempt = ended.attempt,
        .code = NackCode::kReplyGone,
        .alone = ended.allowed != 0,
        .route = ended.route,
        .number = ended.number});
}

bool ServerState::is_large(const QueuedAnswer& reply) const {
  return datagram_size(replies.frame(reply.page, reply.number).size()) > kDatagramSize;
}

// protocol.md §6.5: once, by itself; with §6.3, never.
void ServerState::tell_working(Instant now) {
  while (!must_transmit()) {
    const Slot slot = running.longest_silent();
    if (slot == kNoSlot || now - running.at(slot).started < kWorkingAfter) return;
    running.tell(slot);
    const Running& handler = running.at(slot);
    if (handler.allowed != 0) continue;
    send({.kind = QueuedAnswer::Kind::kWorking,
          .attempt = handler.attempt,
          .deferred = true,
          .route = handler.route,
          .number = handler.number});
  }
}

}  // namespace volley
