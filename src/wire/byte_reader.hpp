#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <volley/bytes.hpp>

#include "base/big_endian.hpp"

namespace volley {

/// Whether every octet is 0.
inline bool all_zeros(Bytes bytes) {
  // All equal their neighbour and the first is 0: the comparison runs at memory speed.
  return bytes.empty() || (bytes.front() == std::byte{} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Takes big-endian numbers and spans off the front of borrowed bytes.
///
/// What breaks the layout latches: reading past the end, or a requirement that does not hold. So a
/// parser reads a layout to its end and asks once; until then what it holds means nothing. Past the
/// end everything is 0 or empty.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : next_{bytes.data()}, left_{bytes.size()} {}

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }

  /// Borrowed from what is read.
  Bytes bytes(std::size_t count) { return has(count) ? Bytes{take(count), count} : Bytes{}; }

  /// Octets that must be 0.
  void zeros(std::size_t count) { require(all_zeros(bytes(count))); }

  void require(bool holds) { ok_ = ok_ && holds; }

  /// The octet that u8() would read, 0 past the end.
  std::uint8_t peek() const {
    return left_ == 0 ? std::uint8_t{0} : std::to_integer<std::uint8_t>(*next_);
  }

  /// What was not read, and its size.
  Bytes rest() const { return {next_, left_}; }
  std::size_t left() const { return left_; }
  bool ok() const { return ok_; }

 private:
  template <std::unsigned_integral Number>
  Number number() {
    Number read = 0;
    if (has(sizeof read)) std::memcpy(&read, take(sizeof read), sizeof read);
    return big_endian(read);
  }

  bool has(std::size_t count) {
    if (count <= left_) return true;
    left_ = 0;
    ok_ = false;
    return false;
  }

  const std::byte* take(std::size_t count) {
    const std::byte* taken = next_;
    next_ += count;
    left_ -= count;
    return taken;
  }

  const std::byte* next_;
  std::size_t left_;
  bool ok_ = true;
};

}  // namespace volley
