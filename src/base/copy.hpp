#pragma once

#include <cstddef>
#include <cstring>

#include <volley/bytes.hpp>

namespace volley {

/// Copies octets to where nothing of them is, as memcpy() does; those of most bodies, 16 to 64,
/// without a call, which at such sizes costs more than the copying.
[[gnu::always_inline]] inline void copy(Bytes from, std::byte* to) {
  constexpr std::size_t kPiece = 16;
  const std::size_t size = from.size();
  const auto piece = [&](std::size_t at) { std::memcpy(to + at, from.data() + at, kPiece); };
  if (size - kPiece <= 3 * kPiece) {
    // From both ends, over each other where it is less than two or four pieces.
    piece(0);
    piece(size - kPiece);
    if (size > 2 * kPiece) {
      piece(kPiece);
      piece(size - 2 * kPiece);
    }
  } else if (size != 0) {
    std::memcpy(to, from.data(), size);
  }
}

}  // namespace volley
