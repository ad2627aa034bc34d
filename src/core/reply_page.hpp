#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>

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

  static constexpr std::size_t kLargest = std::size_t{64} * 1024;
  /// Octets that a page with one frame of that size takes.
  static constexpr std::size_t size_for(std::size_t frame) {
    return sizeof(ReplyPage) + frame + kStart;
  }

  /// A page of so many octets, from this number on. Requires size <= kLargest, and even.
  ReplyPage(std::size_t size, std::uint32_t first)
      : first_{first}, half_size_{static_cast<std::uint16_t>(size / kStart)} {}

  /// A number's frame, or the room for it.
  std::byte* place(std::uint32_t number) { return bytes() + start(number); }
  /// The frames of a run.
  Bytes frames(const Run& run) {
    const std::byte* const last = place(run.first + run.count - 1);
    return {place(run.first), last + MessageHead::kSize + MessageHead::read(last).length()};
  }
  /// How many of the run fit into so many octets, if not all do.
  std::uint32_t fitting(const Run& run, std::size_t room) {
    std::uint32_t fit = 0;
    for (std::uint32_t too_many = run.count; too_many - fit > 1;) {
      const std::uint32_t some = (fit + too_many) / 2;
      const bool fits = std::size_t{start(run.first + some)} - start(run.first) <= room;
      (fits ? fit : too_many) = some;
    }
    return fit;
  }

  // Who holds it: the store counts.

  std::uint16_t kept = 0;     ///< By numbers, handlers, and who writes to it.
  std::uint16_t waiting = 0;  ///< Answers that wait to be sent.

 private:
  friend class PageWriter;
  static constexpr std::size_t kStart = sizeof(std::uint16_t);

  std::byte* bytes() { return reinterpret_cast<std::byte*>(this); }
  std::uint16_t* end() { return reinterpret_cast<std::uint16_t*>(this) + half_size_; }
  std::uint16_t start(std::uint32_t number) { return *(end() - 1 - (number - first_)); }

  std::uint32_t first_;
  std::uint16_t half_size_;  // In units of kStart: so it fits.
};
static_assert(sizeof(ReplyPage) == 12);

/// Makes room on a page for one reply after the other. As a default it has no page.
class PageWriter {
 public:
  PageWriter() = default;
  /// Requires that nothing is on the page yet.
  explicit PageWriter(ReplyPage& page)
      : page_{&page},
        next_{page.first_},
        frame_{page.bytes() + sizeof(ReplyPage)},
        start_{page.end()} {}

  bool has_page() const { return page_ != nullptr; }
  ReplyPage& page() { return *page_; }
  bool at_first() const { return next_ == page_->first_; }

  /// For so many numbers so many octets were taken.
  struct Written {
    std::size_t octets = ReplyPage::kLargest;
    std::size_t numbers = 1;
  };
  /// Requires !at_first().
  Written written() const {
    const std::size_t numbers = next_ - page_->first_;
    const auto frames = static_cast<std::size_t>(frame_ - page_->bytes()) - sizeof(ReplyPage);
    return {.octets = frames + numbers * ReplyPage::kStart, .numbers = numbers};
  }

  /// The number whose frame would be next.
  std::uint32_t next() const { return next_; }
  /// Whether it has room, with a frame of so many octets.
  bool has_room(std::size_t frame) const {
    return frame + ReplyPage::kStart <= static_cast<std::size_t>(bytes_at(start_) - frame_);
  }
  /// Whether it would have if it were that number, and whether that is worth what it costs.
  bool reaches(std::uint32_t number, std::size_t frame) const {
    const std::uint32_t gap = number - next_;
    return gap <= kMostPassedOver && has_room(frame + gap * ReplyPage::kStart);
  }

  /// Makes that the next number. Requires that it reaches it.
  void pass_over_to(std::uint32_t number) {
    start_ -= number - next_;
    next_ = number;
  }
  /// Room for the next number's frame. Requires has_room().
  std::byte* set_aside(std::size_t frame) {
    std::byte* const place = frame_;
    *--start_ = static_cast<std::uint16_t>(place - page_->bytes());
    ++next_;
    frame_ += frame;
    return place;
  }

 private:
  /// What a page of its own takes would take more.
  static constexpr std::uint32_t kMostPassedOver = 64;

  static const std::byte* bytes_at(const std::uint16_t* start) {
    return reinterpret_cast<const std::byte*>(start);
  }

  ReplyPage* page_ = nullptr;
  std::uint32_t next_ = 0;
  std::byte* frame_ = nullptr;      // Where the next one begins,
  std::uint16_t* start_ = nullptr;  // and behind where that is told.
};

}  // namespace volley
