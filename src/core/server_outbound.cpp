#include "core/planted.hpp"
#include "core/server_state.hpp"

namespace volley {
namespace {

constexpr std::size_t datagram_size(std::size_t frame) {
  return ClearChannel::kFront + frame + ClearChannel::kBack;
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
  conclude(at_hand.handler, &reply, now - at_hand.handler.started >= kWorkingAfter, now);
}

void ServerState::abandon(ExecutionId execution, Instant now) {
  ++counters.abandoned;
  finish(execution, nullptr, now);
}

/// A handler has ended, without a reply if there is none. Its hold on its route goes to the answer.
void ServerState::finish(ExecutionId execution, const ReplyStore::Reply* reply, Instant now) {
  settle();
  const Slot slot = running.slot_of(execution);
  const Running& ended = running.at(slot);
  if (ended.context == nullptr) {
    AddressShares::give_running(*routes.at(ended.route).share);
  } else {
    AddressShares::give_running(*ended.context->share);
    --ended.context->running;
  }
  // protocol.md §4.4: a time that is no measure of the path.
  const bool deferred = ended.arrival != arrivals || now - ended.started >= kWorkingAfter;
  conclude(ended, reply, deferred, now);
  running.remove(slot);
}

[[gnu::always_inline]] inline void ServerState::conclude(const Running& ended,
                                                         const ReplyStore::Reply* reply,
                                                         bool deferred, Instant now) {
  if (ended.context == nullptr) {
    finish_idempotent(ended, reply, deferred);
  } else {
    finish_numbered(ended, reply, deferred, now);
  }
}

[[gnu::always_inline]] inline void ServerState::finish_numbered(const Running& ended,
                                                                const ReplyStore::Reply* reply,
                                                                bool deferred, Instant now) {
  Context& context = *ended.context;
  contexts.sign_of_life(context, now);
  std::uint32_t number = ended.number;
  if (number < context.base) {
    // The number is finished: nobody wants the reply, and its place may be another's.
    if (!planted(Bug::kReplyByPlace) || context.ring == kNoBlock) {
      routes.let_go(ended.route);
      return give_back(context, ended.room);
    }
    number = contexts.number_in_place_of(context, number);
    contexts.forget_number(context, number);
  }
  if (reply == nullptr) {
    give_back(context, ended.room);
    contexts.set(context, number, NumberState::done());
    return nack_lost(ended);
  }
  Block block = keep(ended, Sequence{number}, *reply);
  if (block != kNoBlock) {
    contexts.set(context, number, NumberState::kept(block));
    if (planted(Bug::kBaseFreedOnReply)) contexts.forget_number(context, number);
  } else {
    contexts.set(context, number, NumberState::done());
    // protocol.md §6.7: what there is no room for is sent once.
    ++counters.unkept;
    block = replies.write_beyond(Sequence{ended.number}, *reply);
    if (block == kNoBlock) return nack_lost(ended);
  }
  send_reply({.kind = QueuedAnswer::Kind::kReply,
              .attempt = ended.attempt,
              .deferred = deferred,
              .route = ended.route,
              .number = ended.number,
              .reply = block});
}

/// Writes a reply to where it is kept, held for its number and for being sent. kNoBlock if there is
/// no room: then none is reserved either.
[[gnu::always_inline]] inline Block ServerState::keep(const Running& ended, Sequence number,
                                                      const ReplyStore::Reply& reply) {
  const std::size_t needed = ReplyStore::room_for(reply.body.size());
  Block room = ended.room;
  if (needed > ReplyStore::kReserve) room = find_room(*ended.context, room, needed);
  if (room != kNoBlock) replies.write(room, number, reply, 2);
  return room;
}

/// Room for more than what was reserved, in its place.
Block ServerState::find_room(Context& context, Block room, std::size_t needed) {
  give_back(context, room);
  const std::uint32_t units = BlockStore::units_for(needed);
  if (!contexts.take_room(context, units)) return kNoBlock;
  const Block larger = replies.reserve(needed);
  if (larger == kNoBlock) ContextTable::give_room(context, units);
  return larger;
}

void ServerState::give_back(Context& context, Block room) {
  ContextTable::give_room(context, ReplyStore::kReserveUnits);
  replies.cancel(room);
}

void ServerState::finish_idempotent(const Running& ended, const ReplyStore::Reply* reply,
                                    bool deferred) {
  if (reply == nullptr) return nack_lost(ended);
  const bool alone = ended.allowed != 0;
  // protocol.md §6.3: without a ticket, three times what asked, or else a bare header.
  if (alone && datagram_size(reply->frame_size()) > ended.allowed) {
    return send({.kind = QueuedAnswer::Kind::kBare,
                 .turn = ended.turn,
                 .alone = true,
                 .route = ended.route});
  }
  Block block = replies.reserve(ReplyStore::room_for(reply->body.size()));
  if (block != kNoBlock) {
    replies.write(block, Sequence{ended.number}, *reply, 1);
  } else {
    block = replies.write_beyond(Sequence{ended.number}, *reply);
  }
  if (block == kNoBlock) return lose(ended.route, kNoBlock);
  send_reply({.kind = QueuedAnswer::Kind::kReply,
              .attempt = ended.attempt,
              .deferred = deferred,
              .alone = alone,
              .route = ended.route,
              .number = ended.number,
              .reply = block});
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

bool ServerState::is_large(Block reply) const {
  return datagram_size(replies.frame(reply).size()) > kDatagramSize;
}

void ServerState::lose(Slot route, Block reply) {
  ++counters.lost;
  routes.let_go(route);
  if (reply != kNoBlock) replies.let_go(reply);
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
          .route = held(handler.route),
          .number = handler.number});
  }
}

}  // namespace volley
