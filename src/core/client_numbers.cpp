#include "core/client_numbers.hpp"

#include <algorithm>
#include <bit>

namespace volley {

ClientNumbers::ClientNumbers(ClientId id, Sequence first, std::size_t expected)
    : id_{id},
      lowest_{std::to_underlying(first)},
      sent_{lowest_},
      next_{lowest_},
      limit_{lowest_},
      mask_{static_cast<std::uint32_t>(
                std::bit_ceil(std::clamp<std::size_t>(2 * expected, 1, kWindow))) -
            1},
      ring_(mask_ + std::size_t{1}, kNoSlot) {}

bool ClientNumbers::raise_limit() {
  if (next_ - lowest_unfinished() > mask_ && mask_ < kWindow - 1) grow();
  limit_ = std::min(lowest_ + mask_, std::to_underlying(kLastSequence)) + 1;
  return next_ != limit_;
}

void ClientNumbers::grow() {
  const std::uint32_t mask = 2 * mask_ + 1;
  std::vector<Slot> ring(mask + std::size_t{1}, kNoSlot);
  for (std::uint32_t number = lowest_; number != next_; ++number) {
    ring[number & mask] = ring_[number & mask_];
  }
  ring_ = std::move(ring);
  mask_ = mask;
}

}  // namespace volley
