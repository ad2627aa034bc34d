#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

constexpr std::size_t datagram_size(std::size_t frame) {
  return ClearChannel::kFront + frame + ClearChannel::kBack;
}

/// The head of the REPLY to a number, as it is sent first; but for the number.
MessageHead head_of(const Running& ended, const ReplyStore::Reply& reply, bool deferred) {
  return MessageHead{{.type = FrameType::kReply,
                      .flag = deferred,
                      .attempt = ended.attempt,
                      .word = reply.status,
                      .length = static_cast<std::uint16_t>(reply.body.size())}};
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

/// Nearly all handlers end here, at once and with a reply to a first attempt that fits: then all
/// that is done is inline, and what is called comes last.
void ServerState::reply(ExecutionId execution, std::uint16_t status, Bytes body, Instant now) {
  const ReplyStore::Reply reply{.status = status, .body = body};
  const Running& prompt = at_hand.handler;
  const bool as_most = execution == prompt_id && prompt.context == at_hand.page_context &&
                       prompt.number == at_hand.page.next() && prompt.attempt == 1 &&
                       prompt.allowed == 0 && now == prompt.started &&
                       at_hand.page.has_room(reply.frame_size());
  if (!as_most) return end(execution, reply, now);
  prompt_id = {};
  running.skip_id();
  write_at_hand(reply, false);
}

/// The handler started last has ended, with a reply that the page at hand has room for.
[[gnu::always_inline]] inline void ServerState::write_at_hand(const ReplyStore::Reply& reply,
                                                              bool deferred) {
  const Running& ended = at_hand.handler;
  if (ended.context != nullptr) *at_hand.state = NumberState::kept(at_hand.page_block);
  at_hand.page.write(head_of(ended, reply, deferred), reply.body);
}

/// A handler has ended with a reply, in any way.
void ServerState::end(ExecutionId execution, const ReplyStore::Reply& reply, Instant now) {
  if (reply.body.size() > kMaxBody) return abandon(execution, now);
  if (execution != prompt_id) return finish(execution, &reply, now);
  prompt_id = {};
  running.skip_id();
  const bool deferred = now - at_hand.handler.started >= kWorkingAfter;
  const Running& ended = at_hand.handler;
  if (ended.context != nullptr) return answer_at_once(reply, deferred, now);
  const bool prompt = !deferred && ended.attempt == 1 && ended.allowed == 0;
  if (prompt && open_unkept_page(reply.body.size())) return write_at_hand(reply, deferred);
  finish_idempotent(ended, &reply, deferred);
}

void ServerState::answer_at_once(const ReplyStore::Reply& reply, bool deferred, Instant now) {
  const Running& ended = at_hand.handler;
  contexts.sign_of_life(*ended.context, now);
  if (!at_hand.page.has_room(reply.frame_size())) {
    if (at_hand.page.at_first()) close_page();  // What it takes may be needed.
    return answer_apart(ended, ended.number, reply, deferred);
  }
  if (!deferred && ended.attempt == 1) return write_at_hand(reply, deferred);
  // All of a run is sent as it is kept, within datagrams of any size: it is in none.
  queue_run();
  write_at_hand(reply, deferred);
  account_for(1);
  at_hand.run = at_hand.page.next();
  send_reply(reply_on(at_hand.page_block, ended, ended.number, deferred));
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
  MessageWriter room{{replies.at(ended.page).place(number), ReplyStore::kReserve}};
  room.begin(head_of(ended, *reply, deferred).numbered(Sequence{number}), reply->body, 1);
  send_reply(reply_on(ended.page, ended, number, deferred));
  contexts.set(context, number, NumberState::kept(ended.page));
  if (planted(Bug::kBaseFreedOnReply)) contexts.forget_number(context, number);
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
  PageWriter{replies.at(page)}.write(head_of(ended, reply, deferred), reply.body, 1);
  send_reply(reply_on(page, ended, number, deferred));
  if (!kept) return;
  contexts.set(context, number, NumberState::kept(page));
  if (planted(Bug::kBaseFreedOnReply)) contexts.forget_number(context, number);
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
  PageWriter{replies.at(page)}.write(head_of(ended, *reply, deferred), reply->body, 1);
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

/// Queues an answer behind all that were given before.
void ServerState::send(const QueuedAnswer& answer) {
  queue_run();
  queue(answer);
}

void ServerState::send_reply(const QueuedAnswer& answer) {
  // protocol.md §6.5: should the path swallow large datagrams, the client learns that it ran.
  if (answer.attempt > 1 && !answer.alone && is_large(answer)) {
    send({.kind = QueuedAnswer::Kind::kWorking,
          .attempt = answer.attempt,
          .deferred = answer.deferred,
          .route = answer.route,
          .number = answer.number});
  }
  send(answer);
}

/// Queues an answer, which holds its route and its page from now on.
void ServerState::queue(const QueuedAnswer& answer) {
  const bool is_reply = answer.kind == QueuedAnswer::Kind::kReply;
  if (is_reply) replies.hold(answer.page);
  if (answers.room() == 0) {
    counters.lost += is_reply ? answer.count : 1;
    if (is_reply) replies.let_go(answer.page);
    return;
  }
  routes.hold_again(answer.route);
  answers.push(answer);
}

bool ServerState::is_large(const QueuedAnswer& reply) const {
  return datagram_size(replies.frame_size(reply.page, reply.number)) > kDatagramSize;
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
