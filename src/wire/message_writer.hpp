#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <volley/bytes.hpp>

#include "base/check.hpp"
#include "base/copy.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Writes REQUESTs or REPLYs one behind the other into borrowed memory. Those that differ in
/// nothing but consecutive numbers share a frame (protocol.md §4.3): who knows that the next one
/// does adds its body, and nothing else.
class MessageWriter {
 public:
  /// Without memory.
  MessageWriter() = default;
  explicit MessageWriter(MutableBytes out)
      : frame_{out.data()}, end_{frame_}, limit_{frame_ + out.size()} {}

  std::size_t room() const { return static_cast<std::size_t>(limit_ - end_); }
  /// Where the next octet goes.
  std::byte* end() const { return end_; }
  /// Where the frame begins that was written last.
  std::byte* frame() const { return frame_; }

  /// Begins a frame with a message, of `most` at most, if there is room for them. Requires a head
  /// that is well formed, and room for it and the body.
  [[gnu::noinline]] void begin(const MessageHead& head, Bytes body,
                               std::size_t most = MessageHead::kMostInFrame) {
    VOLLEY_CHECK(head.is_well_formed(head.type()) && head.length() == body.size() &&
                 head.frame_size() <= room() && most > 0);
    finish();
    frame_ = end_;
    head.write(frame_);
    end_ += MessageHead::kSize;
    copy(body, end_);
    end_ += body.size();
    kind_ = {};
    full_ = end_;
    if (most == 1 || body.empty()) return;
    kind_ = head.numbered(Sequence{});
    const std::size_t numbers =
        std::to_underlying(kLastSequence) - std::to_underlying(head.sequence());
    most = std::min({most, MessageHead::kMostInFrame, numbers + 1});
    full_ = end_ + std::min((most - 1) * body.size(), room());
  }
  /// Whether a message may be added to the frame: one of that head, but for its number, which is
  /// the next one's. The length in the head may be that of a body which is too long for it.
  bool shares(const MessageHead& kind, std::size_t body) const {
    return body <= static_cast<std::size_t>(full_ - end_) && kind == kind_;
  }
  /// Adds it. Requires shares().
  void add(Bytes body) {
    std::byte* const to = std::exchange(end_, end_ + body.size());
    copy(body, to);
  }
  /// Has the frame tell how many messages it is of so far.
  void finish() {
    if (kind_ == MessageHead{}) return;
    const auto bodies = static_cast<std::size_t>(end_ - frame_) - MessageHead::kSize;
    if (bodies != kind_.length()) MessageHead::set_more(frame_, bodies / kind_.length() - 1);
  }

  /// Makes room for something else, behind which another frame begins. Requires so much room.
  std::byte* set_aside(std::size_t size) {
    finish();
    kind_ = {};
    full_ = end_ + size;
    return std::exchange(end_, full_);
  }

 private:
  std::byte* frame_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;
  std::byte* full_ = nullptr;  // Where the last body may end that shares the frame.
  MessageHead kind_;           // The frame's head without its number; of none if none may share it.
};

}  // namespace volley
