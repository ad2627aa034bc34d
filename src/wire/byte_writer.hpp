#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <volley/bytes.hpp>

#include "base/big_endian.hpp"

namespace volley {

/// Puts big-endian numbers and copies of bytes one after the other into borrowed memory.
///
/// What does not fit latches: it is not written, nor is anything after it, and ok() is false.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes out) : next_{out.data()}, room_{out.size()} {}

  void u8(std::uint8_t value) { number(value); }
  void u16(std::uint16_t value) { number(value); }
  void u32(std::uint32_t value) { number(value); }
  void u64(std::uint64_t value) { number(value); }

  void bytes(Bytes copied) {
    if (!has(copied.size()) || copied.empty()) return;
    std::memcpy(take(copied.size()), copied.data(), copied.size());
  }

  void zeros(std::size_t count) {
    if (!has(count) || count == 0) return;
    std::memset(take(count), 0, count);
  }

  std::size_t room() const { return room_; }
  bool ok() const { return ok_; }

 private:
  template <std::unsigned_integral Number>
  void number(Number value) {
    if (!has(sizeof value)) return;
    const Number written = big_endian(value);
    std::memcpy(take(sizeof value), &written, sizeof value);
  }

  bool has(std::size_t count) {
    if (count <= room_) return true;
    room_ = 0;
    ok_ = false;
    return false;
  }

  std::byte* take(std::size_t count) {
    std::byte* taken = next_;
    next_ += count;
    room_ -= count;
    return taken;
  }

  std::byte* next_;
  std::size_t room_;
  bool ok_ = true;
};

}  // namespace volley
