#include <algorithm>

#include "core/server_state.hpp"

namespace volley {
namespace {

/// Octets of a page that is opened for several replies. More would save little, and larger blocks
/// fill their sizes worse.
constexpr std::size_t kMostOpened = std::size_t{16} * 1024;

}  // namespace

// protocol.md §6.5. Whoever starts has room on the page at hand, where his reply is written if he
// ends at once; if not, it is set aside for him.
bool ServerState::find_room_to_run(Context& context) {
  if (draining || running.full() || context.running >= options.limits.running_per_client ||
      !shares.may_run(*context.share)) {
    return false;
  }
  const std::uint32_t number = at_hand.handler.number;
  if (at_hand.page == nullptr || !at_hand.page->reaches(number, ReplyStore::kReserve)) {
    if (!open_page(context)) return false;
  }
  at_hand.page->pass_over_to(number);
  at_hand.may_run = true;
  return true;
}

/// Opens a page for the number that acts and those behind it in the datagram, if their replies are
/// as long as they are; or for the one, where there is no room for more.
bool ServerState::open_page(Context& context) {
  // One that has room is left for a number out of order, of which there may be many: a large page
  // for each would be for nothing.
  at_hand.scattered |= at_hand.page != nullptr && at_hand.page->has_room(ReplyStore::kReserve);
  close_page();
  const std::size_t size =
      at_hand.scattered ? ReplyStore::kLeastPage
                        : std::min(ReplyStore::kLeastPage + at_hand.frames.left(), kMostOpened);
  Block page = make_page(context, size, at_hand.handler.number);
  if (page == kNoBlock && size > ReplyStore::kLeastPage) {
    page = make_page(context, ReplyStore::kLeastPage, at_hand.handler.number);
  }
  if (page == kNoBlock) return false;
  at_hand.page_block = page;
  at_hand.page = &replies.at(page);
  return true;
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
  if (at_hand.page == nullptr) return;
  contexts.give_up(*at_hand.context, at_hand.page_block);
  at_hand.page = nullptr;
  at_hand.may_run = false;
  at_hand.grows = false;
}

/// Keeps room on the page at hand for the reply of the handler started last.
void ServerState::set_aside() {
  at_hand.handler.page = at_hand.page_block;
  ++at_hand.page->kept;
  at_hand.page->set_aside(ReplyStore::kReserve);
}

}  // namespace volley
