#include "core/body_store.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace volley {
namespace {

/// 0 for blocks of 128 bytes, 9 for 65,536.
std::size_t size_class(std::size_t size) {
  VOLLEY_CHECK(size > 64 && size <= 65'536);
  return static_cast<std::size_t>(std::bit_width((size - 1) / 128));
}

}  // namespace

BodyStore::BodyStore(std::size_t slots)
    : lines_{std::make_unique_for_overwrite<Line[]>(slots)}, sizes_(slots), large_(slots) {}

std::byte* BodyStore::take_block(Slot slot, Bytes body) {
  auto& [free, made] = by_size_[size_class(body.size())];
  if (free.empty()) {
    // Twice as many: how many are needed at a time goes up and down, and each new record but the
    // first few finds enough of them.
    const std::size_t more = std::clamp<std::size_t>(made, 1, large_.size() - made);
    free.reserve(made + more);
    for (std::size_t i = 0; i < more; ++i) {
      free.push_back(std::make_unique_for_overwrite<std::byte[]>(std::bit_ceil(body.size())));
    }
    made += more;
  }
  large_[slot] = std::move(free.back());
  free.pop_back();
  return large_[slot].get();
}

void BodyStore::give_block_back(Slot slot) {
  by_size_[size_class(std::exchange(sizes_[slot], 0))].free.push_back(std::move(large_[slot]));
}

}  // namespace volley
