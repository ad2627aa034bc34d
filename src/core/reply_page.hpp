#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <volley/bytes.hpp>

#include "wire/frame_reader.hpp"
#include "wire/message_head.hpp"
#include "wire/message_writer.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Replies to numbers of one context that came together, in one block of memory, which begins with
/// this head. They stand as the REPLY frames that were sent first, one behind the other; so those
/// to consecutive numbers are sent with one copy, and freed as one. Where the frame of each number
/// begins, which it may share, is told from the block's end down, two octets each:
///
/// head | frame of first and first + 1 | …  room  … | start of first + 1 | start of first
///
/// A number may be passed over, and then its reply is elsewhere, or there is none; or room for its
/// reply is set aside. Which numbers have a reply here, their states tell. One thread.
class ReplyPage {
 public:
  static constexpr std::size_t kLargest = std::size_t{64} * 1024;
  /// Octets in which it is told where a number's frame begins.
  static constexpr std::size_t kStart = sizeof(std::uint16_t);
  /// Octets that a page with one frame of that size takes.
  static constexpr std::size_t size_for(std::size_t frame) {
    return sizeof(ReplyPage) + frame + kStart;
  }

  /// A page of so many octets, from this number on. Requires size <= kLargest, and even.
  ReplyPage(std::size_t size, std::uint32_t first)
      : first_{first}, half_size_{static_cast<std::uint16_t>(size / kStart)} {}

  /// The room that was set aside for a number's frame.
  std::byte* place(std::uint32_t number) { return bytes() + start(number); }
  /// A number's reply.
  Message reply(std::uint32_t number) {
    const std::byte* const frame = place(number);
    const auto head = MessageHead::read(frame);
    const std::size_t before = number - std::to_underlying(head.sequence());
    const std::byte* const bodies = frame + MessageHead::kSize;
    return {head.numbered(Sequence{number}), {bodies + before * head.length(), head.length()}};
  }
  /// The same with those behind it in its frame.
  MessageRun replies(std::uint32_t number) {
    const auto head = MessageHead::read(place(number));
    const std::size_t before = number - std::to_underlying(head.sequence());
    return {reply(number), head.more() + 1 - before};
  }

  // Who holds it: the store counts.

  std::uint16_t kept = 0;     ///< By numbers, handlers, and who writes to it.
  std::uint16_t waiting = 0;  ///< Answers that wait to be sent.

 private:
  friend class PageWriter;

  std::byte* bytes() { return reinterpret_cast<std::byte*>(this); }
  std::size_t bytes_in_all() const { return half_size_ * kStart; }
  std::uint16_t* end() { return reinterpret_cast<std::uint16_t*>(this) + half_size_; }
  std::uint16_t start(std::uint32_t number) { return *(end() - 1 - (number - first_)); }

  std::uint32_t first_;
  std::uint16_t half_size_;  // In units of kStart: so it fits.
};
static_assert(sizeof(ReplyPage) == 12);

/// Writes one reply after the other to a page. As a default it has no page.
class PageWriter {
 public:
  PageWriter() = default;
  /// Requires that nothing is on the page yet.
  explicit PageWriter(ReplyPage& page)
      : page_{&page},
        next_{page.first_},
        frames_{{page.bytes() + sizeof(ReplyPage), page.bytes_in_all() - sizeof(ReplyPage)}},
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
    const std::size_t frames = offset(frames_.end()) - sizeof(ReplyPage);
    return {.octets = frames + numbers * ReplyPage::kStart, .numbers = numbers};
  }

  /// The number whose frame would be next.
  std::uint32_t next() const { return next_; }
  /// Whether it has room, with a frame of so many octets.
  bool has_room(std::size_t frame) const { return frame + ReplyPage::kStart <= room(); }
  /// Whether it would have if it were that number, and whether that is worth what it costs.
  bool reaches(std::uint32_t number, std::size_t frame) const {
    const std::uint32_t gap = number - next_;
    return gap <= kMostPassedOver && has_room(frame + gap * ReplyPage::kStart);
  }

  /// Makes that the next number. Requires that it reaches it.
  void pass_over_to(std::uint32_t number) {
    frames_.set_aside(0);
    start_ -= number - next_;
    next_ = number;
  }
  /// Adds the next number's reply, whose head has no number yet, and which so many at most share a
  /// frame with. Requires has_room().
  void write(const MessageHead& head, Bytes body, std::size_t most = MessageHead::kMostInFrame) {
    if (frames_.shares(head, body.size())) {
      frames_.add(body);
    } else {
      frames_.begin(head.numbered(Sequence{next_}), body, most);
    }
    note_start_of(frames_.frame());
  }
  /// Sets room for its frame aside. Requires has_room().
  void set_aside(std::size_t frame) {
    frames_.set_aside(frame);
    note_start_of(frames_.end() - frame);
  }
  /// Has the page tell of all that was written.
  void finish() { frames_.finish(); }

 private:
  /// What a page of its own takes would take more.
  static constexpr std::uint32_t kMostPassedOver = 64;

  void note_start_of(const std::byte* frame) {
    *--start_ = static_cast<std::uint16_t>(offset(frame));
    ++next_;
  }
  std::size_t offset(const std::byte* place) const {
    return static_cast<std::size_t>(place - page_->bytes());
  }
  std::size_t room() const {
    return static_cast<std::size_t>(reinterpret_cast<std::byte*>(start_) - frames_.end());
  }

  ReplyPage* page_ = nullptr;
  std::uint32_t next_ = 0;
  MessageWriter frames_;
  std::uint16_t* start_ = nullptr;  // Behind where the next one's is told.
};

}  // namespace volley
