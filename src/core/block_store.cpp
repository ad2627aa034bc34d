#include "core/block_store.hpp"

#include <algorithm>
#include <new>

#include "base/check.hpp"

namespace volley {
namespace {

/// Chunks begin with a cache line, and so do the blocks in them whose size allows it.
constexpr std::align_val_t kAlignment{64};

/// A chunk for each size takes so much of the bound at most, be it large or tiny.
constexpr std::size_t kLeastChunk = 4'096;
constexpr std::size_t kMostChunk = 16'384;
constexpr std::size_t kChunksInBound = 1'024;

/// Empty chunks that are kept. More than this comes and goes with the tide only.
constexpr std::size_t kMostSpare = std::size_t{4} * 1024 * 1024;

}  // namespace

BlockStore::BlockStore(std::size_t limit)
    : limit_{limit},
      chunk_bytes_{std::clamp(std::bit_floor(limit / kChunksInBound), kLeastChunk, kMostChunk)} {
  for (std::size_t which = 0; which < kClasses; ++which) {
    classes_[which].per_chunk =
        static_cast<std::uint16_t>(bytes_of_chunk(which) / block_size(which));
  }
}

BlockStore::~BlockStore() {
  for (const Chunk& chunk : chunks_) {
    if (chunk.memory != nullptr) ::operator delete(chunk.memory, kAlignment);
  }
}

bool BlockStore::charge(std::size_t bytes) {
  if (!make_room(bytes)) return false;
  bytes_ += bytes;
  return true;
}

/// Gives empty chunks away until so much fits under the bound.
bool BlockStore::make_room(std::size_t bytes) {
  if (bytes > limit_ || bytes_ - spare_bytes_ > limit_ - bytes) return false;
  for (std::size_t which = 0; which < kClasses && bytes_ > limit_ - bytes; ++which) {
    while (classes_[which].spare != kNoChunk && bytes_ > limit_ - bytes) free_spare(which);
  }
  return true;
}

/// Takes an empty chunk for blocks of this size.
bool BlockStore::open_chunk(std::size_t which) {
  std::uint32_t& spare = classes_[spares_of(which)].spare;
  std::uint32_t index = spare;
  if (index != kNoChunk) {
    spare = chunks_[index].next;
    spare_bytes_ -= bytes_of_chunk(which);
  } else {
    index = make_chunk(which);
    if (index == kNoChunk) return false;
  }
  chunks_[index] = {.memory = chunks_[index].memory,
                    .units = static_cast<std::uint32_t>(block_size(which) / kUnit),
                    .size_class = static_cast<std::uint16_t>(which)};
  classes_[which].open = index;
  return true;
}

std::uint32_t BlockStore::make_chunk(std::size_t which) {
  const std::size_t bytes = bytes_of_chunk(which);
  if (unmade_ == kNoChunk && !grow_table()) return kNoChunk;
  if (!make_room(bytes)) return kNoChunk;
  void* const memory = ::operator new(bytes, kAlignment, std::nothrow);
  if (memory == nullptr) return kNoChunk;
  bytes_ += bytes;
  const std::uint32_t index = unmade_;
  unmade_ = chunks_[index].next;
  chunks_[index].memory = static_cast<std::byte*>(memory);
  return index;
}

/// Adds places for chunks. While they move, the old and the new table count.
bool BlockStore::grow_table() {
  const std::size_t size =
      std::min<std::size_t>(std::max<std::size_t>(chunks_.size() * 2, 16), kMaxChunks);
  if (size == chunks_.size() || !make_room(size * sizeof(Chunk))) return false;
  const std::size_t before = chunks_.capacity();
  auto added = static_cast<std::uint32_t>(std::max<std::size_t>(chunks_.size(), 1));
  chunks_.reserve(size);
  chunks_.resize(size);
  bytes_ += (chunks_.capacity() - before) * sizeof(Chunk);
  for (; added < size; ++added) {
    chunks_[added].next = unmade_;
    unmade_ = added;
  }
  return true;
}

/// Takes the first of the open chunks, which has no room left, out of their list.
void BlockStore::close(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  classes_[chunk.size_class].open = chunk.next;
  if (chunk.next != kNoChunk) chunks_[chunk.next].previous = kNoChunk;
  chunk.next = kNoChunk;
}

void BlockStore::reopen(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  std::uint32_t& open = classes_[chunk.size_class].open;
  chunk.next = open;
  chunk.previous = kNoChunk;
  if (open != kNoChunk) chunks_[open].previous = index;
  open = index;
}

/// Takes an open chunk that fell empty out of their list, and keeps it for any size, or not.
void BlockStore::retire(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  const std::size_t which = chunk.size_class;
  if (chunk.next != kNoChunk) chunks_[chunk.next].previous = chunk.previous;
  if (chunk.previous != kNoChunk) {
    chunks_[chunk.previous].next = chunk.next;
  } else {
    classes_[which].open = chunk.next;
  }
  std::uint32_t& spare = classes_[spares_of(which)].spare;
  chunk.next = spare;
  spare = index;
  spare_bytes_ += bytes_of_chunk(which);
  if (spare_bytes_ > kMostSpare) free_spare(spares_of(which));
}

/// Gives the first of these empty chunks back to the system.
void BlockStore::free_spare(std::size_t which) {
  const std::uint32_t index = classes_[which].spare;
  VOLLEY_CHECK(index != kNoChunk);
  Chunk& chunk = chunks_[index];
  classes_[which].spare = chunk.next;
  ::operator delete(chunk.memory, kAlignment);
  chunk.memory = nullptr;
  bytes_ -= bytes_of_chunk(which);
  spare_bytes_ -= bytes_of_chunk(which);
  chunk.next = unmade_;
  unmade_ = index;
}

}  // namespace volley
