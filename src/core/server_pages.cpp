#include <algorithm>

#include "core/planted.hpp"
#include "core/server_state.hpp"
#include "wire/message_head.hpp"

namespace volley {
namespace {

/// Octets of a page that is opened for several replies. More would save little, and larger blocks
/// fill their sizes worse.
constexpr std::size_t kMostOpened = std::size_t{16} * 1024;

}  // namespace

// protocol.md §6.5. Whoever starts has room on the page at hand, where his reply is written if he
// ends at once; if not, it is set aside for him.
bool ServerState::find_room_to_run(std::size_t body) {
  const Context& context = *at_hand.context;
  if (draining || running.full() || context.running >= options.limits.running_per_client ||
      !shares.may_run(*context.share)) {
    return false;
  }
  const std::uint32_t number = at_hand.handler.number;
  if (at_hand.page_context == nullptr || !at_hand.page.reaches(number, ReplyStore::kReserve)) {
    if (!open_page(body)) return false;
  }
  if (at_hand.page.next() != number) {
    queue_run();
    at_hand.page.pass_over_to(number);
    at_hand.run = number;
  }
  at_hand.may_run = true;
  return true;
}

/// Closes the page at hand for another one: octets that it may have for what is behind a request
/// with so long a body.
std::size_t ServerState::turn_page(std::size_t body) {
  // One that has room is left for a number out of order, of which there may be many: a large page
  // for each would be for nothing.
  at_hand.scattered |= at_hand.page.has_page() && at_hand.page.has_room(ReplyStore::kReserve);
  close_page();
  return at_hand.scattered ? 0 : room_behind(body);
}

/// Opens a page for the number that acts and those behind it in the datagram; or for the one, where
/// there is no room for more.
bool ServerState::open_page(std::size_t body) {
  const std::size_t size = std::min(ReplyStore::kLeastPage + turn_page(body), kMostOpened);
  const std::uint32_t number = at_hand.handler.number;
  Block page = make_page(*at_hand.context, size, number);
  if (page == kNoBlock && size > ReplyStore::kLeastPage) {
    page = make_page(*at_hand.context, ReplyStore::kLeastPage, number);
  }
  if (page == kNoBlock) return false;
  begin_page(page, at_hand.context);
  return true;
}

/// Has the page at hand be one with room for so long a reply to the idempotent request that acts,
/// which nobody keeps. No, if there is one for replies that are kept, or it is too long.
bool ServerState::open_unkept_page(std::size_t reply) {
  const std::size_t frame = MessageHead::kSize + reply;
  if (at_hand.page_context != nullptr || ReplyPage::size_for(frame) > kMostOpened) return false;
  const std::uint32_t number = at_hand.handler.number;
  if (at_hand.page.has_page() && at_hand.page.reaches(number, frame)) {
    queue_run();
    at_hand.page.pass_over_to(number);
    at_hand.run = number;
    return true;
  }
  const std::size_t behind = turn_page(at_hand.execution.body.size());
  const Block page =
      replies.make(std::min(ReplyPage::size_for(frame) + behind, kMostOpened), number);
  if (page == kNoBlock) return false;
  replies.at(page).kept = 1;
  begin_page(page, nullptr);
  return true;
}

void ServerState::begin_page(Block page, Context* context) {
  at_hand.page_block = page;
  at_hand.page_context = context;
  at_hand.page = PageWriter{replies.at(page)};
  at_hand.run = at_hand.handler.number;
}

/// Octets that the replies to what is behind a request with so long a body may take: as many as it
/// does, or fewer if they were shorter lately. Where they are longer, another page follows.
std::size_t ServerState::room_behind(std::size_t body) const {
  const std::size_t left = at_hand.left * body + at_hand.frames.left();
  if (left == 0) return 0;
  const std::size_t requests = left / (body == 0 ? MessageHead::kSize : body) + 1;
  const std::size_t as_long = left + requests * ReplyPage::kStart;
  return std::min(as_long, requests * written.octets / written.numbers);
}

/// A page that is charged to the context, and kept until it is given up. kNoBlock if there is no
/// room.
Block ServerState::make_page(Context& context, std::size_t size, std::uint32_t first) {
  const std::uint32_t units = BlockStore::units_for(size);
  if (!contexts.take_room(context, units)) return kNoBlock;
  const Block page = replies.make(size, first);
  if (page == kNoBlock) {
    ContextTable::give_room(context, units);
  } else {
    replies.at(page).kept = 1;
  }
  return page;
}

/// No more replies go to the page at hand, if there is one. What is there stays.
void ServerState::close_page() {
  if (!at_hand.page.has_page()) return;
  queue_run();
  if (!at_hand.page.at_first()) written = at_hand.page.written();
  if (at_hand.page_context != nullptr) {
    contexts.give_up(*at_hand.page_context, at_hand.page_block);
  } else {
    replies.give_up(at_hand.page_block);
  }
  at_hand.page = {};
  at_hand.page_context = nullptr;
  at_hand.run = 0;
  at_hand.may_run = false;
}

/// Keeps room on the page at hand for the reply of the handler started last.
void ServerState::set_aside() {
  queue_run();
  at_hand.handler.page = at_hand.page_block;
  ++at_hand.page.page().kept;
  at_hand.page.set_aside(ReplyStore::kReserve);
  at_hand.run = at_hand.page.next();
}

/// So many replies more were written to the page at hand, and nobody knows of them yet.
void ServerState::account_for(std::uint32_t count) {
  if (at_hand.page_context == nullptr) return;
  ReplyPage& page = at_hand.page.page();
  page.kept = static_cast<std::uint16_t>(page.kept + count);
  ContextTable::reach(*at_hand.context, at_hand.page.next());
  if (!planted(Bug::kBaseFreedOnReply)) return;
  while (count > 0) contexts.forget_number(*at_hand.context, at_hand.page.next() - count--);
}

/// Queues the replies on the page at hand that were written since something was: they are to first
/// attempts, and were not deferred.
void ServerState::queue_run() {
  const std::uint32_t count = at_hand.page.next() - at_hand.run;
  if (count == 0) return;
  at_hand.page.finish();
  account_for(count);
  queue({.kind = QueuedAnswer::Kind::kReply,
         .attempt = 1,
         .count = static_cast<std::uint16_t>(count),
         .route = at_hand.handler.route,
         .number = at_hand.run,
         .page = at_hand.page_block});
  at_hand.run = at_hand.page.next();
}

}  // namespace volley
