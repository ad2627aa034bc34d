#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>

#include "wire/frame.hpp"
#include "wire/frame_writer.hpp"
#include "wire/message_head.hpp"

namespace volley {

/// Replies to numbers of one context that came together, in one block of memory, which begins with
/// this head. They stand as the REPLY frames that were sent first, one behind the other; so those
/// to consecutive numbers are sent with one copy, and freed as one. Where each number's begins is
/// told from the block's end down, two octets each:
///
/// head | frame of first | frame of first + 1 | …  room  … | start of first + 1 | start of first
///
/// A number may be passed over, and then its reply is elsewhere, or there is none; or room for its
/// reply is set aside. Which numbers have a frame here, their states tell. One thread.
class ReplyPage {
 public:
  /// Consecutive numbers that have a frame each.
  struct Run {
    std::uint32_t first;
    std::uint32_t count;
  };

  /// Octets that a page with one frame of that size takes.
  static constexpr std::size_t size_for(std::size_t frame) {
    return sizeof(ReplyPage) + frame + kStart;
  }

  /// A page of so many octets, from this one on: at most kLargest, and even.
  ReplyPage(std::size_t size, std::uint32_t first)
      : first_{first},
        half_size_{static_cast<std::uint16_t>(size / kStart)},
        left_{static_cast<std::uint16_t>(size - sizeof(ReplyPage))} {}
  static constexpr std::size_t kLargest = std::size_t{64} * 1024;

  bool empty() const { return count_ == 0; }
  /// The number whose frame would be next.
  std::uint32_t next() const { return first_ + count_; }
  /// Whether it has room, with a frame of so many octets.
  bool has_room(std::size_t frame) const { return frame + kStart <= left_; }
  /// Whether it would have if it were that number, and whether that is worth what it costs.
  bool reaches(std::uint32_t number, std::size_t frame) const {
    const std::uint32_t gap = number - next();
    return gap <= kMostPassedOver && has_room(frame + gap * kStart);
  }

  /// Makes that the next number. Requires that the page reaches it.
  void pass_over_to(std::uint32_t number) {
    left_ = static_cast<std::uint16_t>(left_ - (number - next()) * kStart);
    count_ = static_cast<std::uint16_t>(number - first_);
  }
  /// Room for the next number's frame. Requires has_room().
  std::byte* set_aside(std::size_t frame) {
    const std::uint16_t place = used_;
    start(count_++) = place;
    used_ = static_cast<std::uint16_t>(used_ + frame);
    left_ = static_cast<std::uint16_t>(left_ - frame - kStart);
    return bytes() + place;
  }

  /// A number's frame, or the room for it.
  std::byte* place(std::uint32_t number) { return bytes() + start(number - first_); }
  /// The frames of a run.
  Bytes frames(const Run& run) {
    const std::byte* const from = place(run.first);
    const std::byte* const last = place(run.first + run.count - 1);
    return {from, last + MessageHead::kSize + MessageHead::read(last).length()};
  }
  /// How many of the run fit into so many octets.
  std::uint32_t fitting(const Run& run, std::size_t room) {
    if (frames(run).size() <= room) return run.count;
    const std::size_t from = start(run.first - first_);
    std::uint32_t fit = 0;
    for (std::uint32_t too_many = run.count; too_many - fit > 1;) {
      const std::uint32_t some = (fit + too_many) / 2;
      (start(run.first + some - first_) - from <= room ? fit : too_many) = some;
    }
    return fit;
  }

  // Who holds it: the store counts.

  std::uint16_t kept = 0;     ///< Numbers, handlers, and the datagram at hand.
  std::uint16_t waiting = 0;  ///< Answers that wait to be sent.

 private:
  static constexpr std::size_t kStart = sizeof(std::uint16_t);
  /// What a page of its own takes would take more.
  static constexpr std::uint32_t kMostPassedOver = 64;

  std::byte* bytes() { return reinterpret_cast<std::byte*>(this); }
  std::uint16_t& start(std::uint32_t index) {
    return reinterpret_cast<std::uint16_t*>(this)[half_size_ - 1U - index];
  }

  std::uint32_t first_;
  std::uint16_t count_ = 0;
  std::uint16_t used_ = sizeof(ReplyPage);
  std::uint16_t half_size_;  // In units of kStart: it fits.
  std::uint16_t left_;
};
static_assert(sizeof(ReplyPage) == 16);

}  // namespace volley
