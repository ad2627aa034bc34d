#pragma once

#include <bit>
#include <concepts>

namespace volley {

/// A number as the network orders its octets, or back.
template <std::unsigned_integral Number>
constexpr Number big_endian(Number number) {
  return std::endian::native == std::endian::big ? number : std::byteswap(number);
}

}  // namespace volley
