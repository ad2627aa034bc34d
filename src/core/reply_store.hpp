#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <volley/bytes.hpp>

#include "core/block_store.hpp"
#include "core/reply_page.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Replies of handlers, in pages, for as long as somebody holds those: the numbers that they are
/// kept for, and the answers that wait to be sent. One thread.
///
/// Beyond the bound of the blocks there is room for one reply, which is sent once and not kept.
class ReplyStore {
 public:
  struct Reply {
    std::uint16_t status = 0;
    Bytes body{};

    std::size_t frame_size() const { return MessageHead::kSize + body.size(); }
  };

  /// What a handler is sure to have room for when it starts: the octets of its frame, and those of
  /// a page for it alone.
  static constexpr std::size_t kReserve = 114;
  static constexpr std::size_t kLeastPage = ReplyPage::size_for(kReserve);
  static_assert(kLeastPage == 128);

  explicit ReplyStore(BlockStore& store)
      : store_{&store},
        last_room_{std::make_unique_for_overwrite<std::byte[]>(ReplyPage::kLargest)} {}

  /// A page of at least so many octets, which nobody holds yet; kNoBlock if there is no room.
  Block make(std::size_t size, std::uint32_t first) {
    const Block page = store_->allocate(size);
    if (page != kNoBlock) make_at(store_->at(page), store_->units_of(page), first);
    return page;
  }
  /// The one page beyond the bound, for one reply of any size; kNoBlock if it is in use.
  Block make_beyond(std::uint32_t first) {
    if (beyond_) return kNoBlock;
    beyond_ = true;
    make_at(last_room_.get(), ReplyPage::kLargest / BlockStore::kUnit, first);
    return kBeyond;
  }
  bool beyond_in_use() const { return beyond_; }

  ReplyPage& at(Block page) const {
    return *reinterpret_cast<ReplyPage*>(page == kBeyond ? last_room_.get() : store_->at(page));
  }
  /// Octets of the frame of a number's reply alone.
  std::size_t frame_size(Block page, std::uint32_t number) const {
    return at(page).reply(number).frame_size();
  }

  // A page lives as long as it is kept for somebody, or something of it waits to be sent.

  /// So many give it up who kept it. Gives the units of memory that no longer count as theirs.
  std::uint32_t give_up(Block page, std::uint32_t keepers = 1) {
    ReplyPage& given = at(page);
    given.kept = static_cast<std::uint16_t>(given.kept - keepers);
    if (given.kept > 0) return 0;
    const std::uint32_t units = store_->units_of(page);
    if (given.waiting == 0) store_->release(page);
    return units;
  }

  void hold(Block page) { ++at(page).waiting; }
  void let_go(Block page) {
    ReplyPage& held = at(page);
    if (--held.waiting > 0 || held.kept > 0) return;
    if (page == kBeyond) {
      beyond_ = false;
    } else {
      store_->release(page);
    }
  }

 private:
  static constexpr Block kBeyond{UINT32_MAX};

  static void make_at(std::byte* place, std::size_t units, std::uint32_t first) {
    new (place) ReplyPage{units * BlockStore::kUnit, first};
  }

  BlockStore* store_;
  std::unique_ptr<std::byte[]> last_room_;
  bool beyond_ = false;
};
static_assert(ReplyPage::size_for(MessageHead::kSize + kMaxBody) <= ReplyPage::kLargest);

}  // namespace volley
