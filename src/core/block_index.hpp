#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "core/block_store.hpp"

namespace volley {

/// Finds records of a BlockStore by their keys. A record has key() and a place for the index's use,
/// `Block next`. `Hash` must hold a secret where others choose the keys.
///
/// A hash table of chains that grows and shrinks by one chain at a time (linear hashing), so that
/// no call takes long and nothing is ever copied; its memory is charged to the store, and without
/// room its chains grow longer instead. One thread.
template <class Record, class Hash>
class BlockIndex {
 public:
  BlockIndex(BlockStore& store, Hash hash) : store_{&store}, hash_{std::move(hash)} {}

  std::size_t size() const { return size_; }

  template <class Key>
  Block find(const Key& key) const {
    if (chains_ == 0) return kNoBlock;
    Block block = head(chain_of(hash_(key)));
    while (block != kNoBlock && record(block).key() != key) block = record(block).next;
    return block;
  }

  /// Adds a record, whose key is not there yet. Fails if there is no room for the first chains.
  [[nodiscard]] bool insert(Block block) {
    if (chains_ == 0 && !add_chain()) return false;
    push(chain_of(hash_(record(block).key())), block);
    if (++size_ > chains_) add_chain();
    return true;
  }

  /// Requires that the record is there, with the key that it had.
  void erase(Block block) {
    Block* link = &head(chain_of(hash_(record(block).key())));
    while (*link != block) {
      VOLLEY_CHECK(*link != kNoBlock);
      link = &record(*link).next;
    }
    *link = record(block).next;
    if (--size_ < chains_ / 2 && chains_ > kFirst) remove_chain();
  }

 private:
  // Chains are made in segments, of which each has as many as all before it together.
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kSegments = 26;

  static std::size_t segment_of(std::size_t chain) {
    return static_cast<std::size_t>(std::bit_width(chain / kFirst));
  }
  static std::size_t first_of(std::size_t segment) {
    return segment == 0 ? 0 : kFirst << (segment - 1);
  }
  static std::size_t bytes_of(std::size_t segment) {
    return (segment == 0 ? kFirst : first_of(segment)) * sizeof(Block);
  }

  Block& head(std::size_t chain) const {
    const std::size_t segment = segment_of(chain);
    return segments_[segment][chain - first_of(segment)];
  }
  Record& record(Block block) const { return store_->as<Record>(block); }

  /// Chains from the last power of two on are halves of those that stood so much lower.
  std::size_t chain_of(std::uint64_t hash) const {
    const std::size_t below = std::bit_floor(chains_);
    const std::size_t chain = hash & (2 * below - 1);
    return chain < chains_ ? chain : chain & (below - 1);
  }

  void push(std::size_t chain, Block block) {
    record(block).next = head(chain);
    head(chain) = block;
  }

  bool add_chain() {
    const std::size_t segment = segment_of(chains_);
    if (segment == kSegments) return false;
    if (segments_[segment] == nullptr) {
      if (!store_->charge(bytes_of(segment))) return false;
      segments_[segment] =
          std::make_unique_for_overwrite<Block[]>(bytes_of(segment) / sizeof(Block));
    }
    if (chains_ == 0) {
      for (; chains_ < kFirst; ++chains_) head(chains_) = kNoBlock;
      return true;
    }
    const std::size_t divided = chains_ - std::bit_floor(chains_);
    ++chains_;
    head(chains_ - 1) = kNoBlock;
    Block block = std::exchange(head(divided), kNoBlock);
    while (block != kNoBlock) {
      const Block next = record(block).next;
      push(chain_of(hash_(record(block).key())), block);
      block = next;
    }
    return true;
  }

  void remove_chain() {
    Block block = head(--chains_);
    const std::size_t segment = segment_of(chains_);
    while (block != kNoBlock) {
      const Block next = record(block).next;
      push(chain_of(hash_(record(block).key())), block);
      block = next;
    }
    if (chains_ == first_of(segment)) {
      segments_[segment].reset();
      store_->discharge(bytes_of(segment));
    }
  }

  BlockStore* store_;
  Hash hash_;
  std::size_t chains_ = 0;
  std::size_t size_ = 0;
  std::array<std::unique_ptr<Block[]>, kSegments> segments_;
};

}  // namespace volley
