#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace volley {

/// Bytes that somebody else owns.
using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

/// The bytes of a text, borrowed.
inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// Bytes seen as text, borrowed. Nothing is checked: a reply may hold anything.
inline std::string_view as_text(Bytes bytes) {
  // A view of char may alias any object, so this cast is the one the language allows.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace volley
