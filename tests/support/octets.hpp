#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace volley {

/// The octets that hexadecimal digits spell. Whatever stands between them is for the eye.
inline std::vector<std::byte> octets(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::byte> read;
  bool half = false;
  for (const char character : text) {
    const auto digit = kDigits.find(character);
    if (digit == std::string_view::npos) continue;
    const auto nibble = static_cast<std::byte>(digit);
    if (half) {
      read.back() = (read.back() << 4) | nibble;
    } else {
      read.push_back(nibble);
    }
    half = !half;
  }
  return read;
}

}  // namespace volley
