#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <volley/bytes.hpp>

namespace volley::fuzz {

/// An input read as decisions, a few octets each. Where it has ended, every decision is 0.
class Script {
 public:
  explicit Script(Bytes input) : rest_{input} {}

  bool over() const { return rest_.empty(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(take(2)); }
  std::uint64_t u64() { return take(8); }
  bool chance() { return (u8() & 1U) != 0; }
  /// Below `bound`, which is at most 256.
  std::size_t below(std::size_t bound) { return u8() % bound; }
  /// So many octets as they are, or what is left.
  Bytes bytes(std::size_t size) {
    const Bytes taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  std::uint64_t take(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::byte octet : bytes(size)) {
      value = value << 8U | std::to_integer<std::uint64_t>(octet);
    }
    return value;
  }

  Bytes rest_;
};

/// Writes what Script reads.
class ScriptText {
 public:
  ScriptText& u8(std::uint64_t value) { return put(value, 1); }
  ScriptText& u16(std::uint64_t value) { return put(value, 2); }
  ScriptText& u64(std::uint64_t value) { return put(value, 8); }
  template <class Choice>
  ScriptText& choose(Choice choice) {
    return u8(std::to_underlying(choice));
  }
  ScriptText& bytes(Bytes octets) {
    text_.insert(text_.end(), octets.begin(), octets.end());
    return *this;
  }
  const std::vector<std::byte>& text() const { return text_; }

 private:
  ScriptText& put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) text_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }

  std::vector<std::byte> text_;
};

}  // namespace volley::fuzz
