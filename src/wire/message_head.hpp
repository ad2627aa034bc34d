#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/big_endian.hpp"
#include "wire/frame.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// The octets before the bodies of a REQUEST or a REPLY, which have one layout and are nearly all
/// that is ever sent. So they are read and written as two numbers, and not field by field.
///
/// 0 type | 1 flag | 2 attempt | 3 more | 4 seq 4 | 8 ttl_ms or status 2 | 10 length 2
class MessageHead {
 public:
  static constexpr std::size_t kSize = 12;
  /// Messages that can share a head: protocol.md §4.3.
  static constexpr std::size_t kMostInFrame = 256;

  struct Fields {
    FrameType type;
    bool flag = false;
    std::uint8_t attempt;
    Sequence sequence{};
    std::uint16_t word;  ///< ttl_ms or status.
    std::uint16_t length = 0;
  };
  constexpr MessageHead() = default;
  constexpr explicit MessageHead(const Fields& fields)
      : number_{std::uint64_t{std::to_underlying(fields.type)} << 56U | (fields.flag ? kFlag : 0) |
                std::uint64_t{fields.attempt} << 40U | std::to_underlying(fields.sequence)},
        body_{std::uint32_t{fields.word} << 16U | fields.length} {}

  /// Requires kSize octets there.
  static MessageHead read(const std::byte* from) {
    MessageHead head;
    std::memcpy(&head.number_, from, sizeof head.number_);
    std::memcpy(&head.body_, from + sizeof head.number_, sizeof head.body_);
    head.number_ = big_endian(head.number_);
    head.body_ = big_endian(head.body_);
    return head;
  }
  /// Requires room for kSize octets there.
  void write(std::byte* to) const {
    const std::uint64_t number = big_endian(number_);
    const std::uint32_t body = big_endian(body_);
    std::memcpy(to, &number, sizeof number);
    std::memcpy(to + sizeof number, &body, sizeof body);
  }

  /// The same with a flag and a length, if it has none yet.
  constexpr MessageHead completed(bool flag, std::size_t length) const {
    MessageHead other = *this;
    other.number_ |= flag ? kFlag : 0;
    other.body_ |= static_cast<std::uint16_t>(length);
    return other;
  }
  /// The same with another word.
  constexpr MessageHead with_word(std::uint16_t word) const {
    MessageHead other = *this;
    other.body_ = std::uint32_t{word} << 16U | length();
    return other;
  }

  /// The same with another flag and attempt.
  constexpr MessageHead addressed(bool flag, std::uint8_t attempt) const {
    constexpr std::uint64_t kFlagAttempt = std::uint64_t{0x1ff} << 40U;
    MessageHead other = *this;
    other.number_ = (number_ & ~kFlagAttempt) | (flag ? kFlag : 0) | std::uint64_t{attempt} << 40U;
    return other;
  }

  /// The same with another number, and of so many messages.
  constexpr MessageHead numbered(Sequence sequence, std::size_t messages = 1) const {
    constexpr std::uint64_t kMoreNumber = 0xff'ffff'ffff;
    MessageHead other = *this;
    other.number_ = (number_ & ~kMoreNumber) | std::uint64_t{messages - 1} << 32U |
                    std::to_underlying(sequence);
    return other;
  }
  /// Has so many messages follow the first in the frame that was written there.
  static void set_more(std::byte* frame, std::size_t more) { frame[kMore] = std::byte(more); }

  constexpr FrameType type() const { return static_cast<FrameType>(number_ >> 56U); }
  constexpr bool flag() const { return (number_ & kFlag) != 0; }
  constexpr std::uint8_t attempt() const { return static_cast<std::uint8_t>(number_ >> 40U); }
  /// How many messages follow the first, whose bodies stand behind its own.
  constexpr std::size_t more() const { return static_cast<std::uint8_t>(number_ >> 32U); }
  /// Octets of the whole frame.
  constexpr std::size_t frame_size() const { return kSize + (more() + 1) * length(); }
  constexpr Sequence sequence() const { return Sequence{static_cast<std::uint32_t>(number_)}; }
  constexpr std::uint16_t word() const { return static_cast<std::uint16_t>(body_ >> 16U); }
  constexpr std::uint16_t length() const { return static_cast<std::uint16_t>(body_); }

  constexpr bool operator==(const MessageHead&) const = default;

  /// Whether it is as protocol.md §4 draws it, for a frame of that type.
  constexpr bool is_well_formed(FrameType type) const {
    constexpr std::uint64_t kTypeAndZeros = 0xfffe'0000'8000'0000;
    return (number_ & kTypeAndZeros) == std::uint64_t{std::to_underlying(type)} << 56U &&
           attempt() != 0 && sequence() != Sequence{} && (more() == 0 || may_share());
  }

 private:
  constexpr bool may_share() const {
    const std::size_t last = std::to_underlying(sequence()) + more();
    return length() > 0 && last <= std::to_underlying(kLastSequence);
  }

  static constexpr std::size_t kMore = 3;
  static constexpr std::uint64_t kFlag = std::uint64_t{1} << 48U;

  std::uint64_t number_ = 0;
  std::uint32_t body_ = 0;
};

}  // namespace volley
