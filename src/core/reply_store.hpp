#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <volley/bytes.hpp>

#include "core/block_store.hpp"
#include "wire/frame_writer.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Replies of handlers, each in a block of its own, for as long as somebody holds it: the number
/// that it answers, and each copy of it that waits to be sent. They are kept as the frames that
/// will be sent, but for the attempt that is answered. One thread.
///
/// Beyond the bound of the blocks there is room for one reply, which is sent once and not kept.
class ReplyStore {
 public:
  struct Reply {
    std::uint16_t status = 0;
    Bytes body{};

    std::size_t frame_size() const { return MessageHead::kSize + body.size(); }
  };

  /// What a handler is sure to have room for when it starts.
  static constexpr std::size_t kReserve = 128;
  static constexpr std::uint32_t kReserveUnits = BlockStore::units_for(kReserve);

  explicit ReplyStore(BlockStore& store)
      : store_{&store},
        last_room_{std::make_unique_for_overwrite<std::byte[]>(room_for(kMaxBody))} {}

  /// Bytes that a reply with so long a body takes.
  static constexpr std::size_t room_for(std::size_t body) {
    return sizeof(Head) + MessageHead::kSize + body;
  }

  /// Room for a reply of so many bytes; kNoBlock if there is none.
  Block reserve(std::size_t room) { return store_->allocate(room); }
  void cancel(Block room) { store_->release(room); }

  /// Writes the reply to a number into reserved room. The caller holds it so many times.
  void write(Block room, Sequence number, const Reply& reply, std::uint32_t holders) {
    write_at(store_->at(room), number, reply, holders);
  }

  /// Puts a reply into the one room beyond the bound, held by the caller; kNoBlock if another is
  /// there.
  Block write_beyond(Sequence number, const Reply& reply) {
    if (beyond_) return kNoBlock;
    beyond_ = true;
    write_at(last_room_.get(), number, reply, 1);
    return kBeyond;
  }
  bool beyond_in_use() const { return beyond_; }

  /// The REPLY frame.
  Bytes frame(Block block) const {
    const std::byte* const place = place_of(block);
    return {place + sizeof(Head), head_at(place).frame_size};
  }

  void hold_again(Block block) { ++head_at(place_of(block)).holders; }
  void let_go(Block block) {
    if (--head_at(place_of(block)).holders > 0) return;
    if (block == kBeyond) {
      beyond_ = false;
    } else {
      store_->release(block);
    }
  }

 private:
  static constexpr Block kBeyond{UINT32_MAX};

  struct Head {
    std::uint32_t holders;
    std::uint32_t frame_size;
  };

  static Head& head_at(std::byte* place) { return *reinterpret_cast<Head*>(place); }
  static const Head& head_at(const std::byte* place) {
    return *reinterpret_cast<const Head*>(place);
  }
  std::byte* place_of(Block block) const {
    return block == kBeyond ? last_room_.get() : store_->at(block);
  }
  static void write_at(std::byte* place, Sequence number, const Reply& reply,
                       std::uint32_t holders) {
    const std::size_t size = reply.frame_size();
    new (place) Head{.holders = holders, .frame_size = static_cast<std::uint32_t>(size)};
    write_message({.type = FrameType::kReply,
                   .attempt = 1,
                   .sequence = number,
                   .status = reply.status,
                   .body = reply.body},
                  place + sizeof(Head));
  }

  BlockStore* store_;
  std::unique_ptr<std::byte[]> last_room_;
  bool beyond_ = false;
};

}  // namespace volley
