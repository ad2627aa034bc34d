#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "base/check.hpp"
#include "core/clear_channel.hpp"
#include "core/client_state.hpp"
#include "wire/frame_writer.hpp"

namespace volley {

/// protocol.md §4.3: what is left until a deadline, rounded up; 0 if it does not fit.
inline std::uint16_t milliseconds_until(Instant deadline, Instant now) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return left > UINT16_MAX ? std::uint16_t{0} : static_cast<std::uint16_t>(left);
}

/// One datagram of requests in the making: frames are written where they will be sent from.
class ClientState::Packing {
 public:
  /// Frames share the datagram up to `limit` octets and the room of the window; each counts there
  /// as `reply` octets at least.
  Packing(MutableBytes buffer, std::size_t limit, const CongestionWindow& window, std::size_t reply)
      : buffer_{buffer},
        frames_{frames_within(limit)},
        room_{window.room()},
        reply_{reply},
        idle_{window.idle()} {}

  bool empty() const { return frames_.size() == 0; }
  /// What its frames count in the window.
  std::size_t charged() const { return std::max(frames_.size(), count_ * reply_); }
  /// Whether a frame of that size can share datagrams at all.
  bool shares(std::size_t size) const { return size <= frames_.room(); }

  /// Whether a frame of that size, with a number of client_id `of`, may be written. One that cannot
  /// share a datagram has it alone.
  bool fits(std::size_t size, std::uint8_t of) const {
    if (empty()) return idle_ || std::max(size, reply_) <= room_;
    return of == numbers && fits_too(size);
  }
  /// The same, where another with a number of that client_id was written.
  bool fits_too(std::size_t size) const {
    return size <= frames_.room() && frames_.size() + size <= room_ &&
           (count_ + 1) * reply_ <= room_;
  }

  /// Requires that it fits(). Inlined, since the caller knows what kind of frame it is.
  [[gnu::always_inline]] void write(const Frame& frame) {
    const std::size_t size = size_of(frame);
    if (size > frames_.room()) {
      frames_ = frames_within(ClearChannel::kFront + size + ClearChannel::kBack);
    }
    VOLLEY_CHECK(frames_.write(frame));
    ++count_;
  }

  /// Takes note of the deadline of the next request, which most have in common with the last one:
  /// the datagram wakes then, if not before. False: it is over.
  bool take_deadline(Instant deadline, Instant now) {
    return deadline == deadline_ || take_other_deadline(deadline, now);
  }
  /// protocol.md §4.3: the time left until the deadline last taken, rounded up; 0 if it does not
  /// fit.
  std::uint16_t ttl_ms() const { return static_cast<std::uint16_t>(ttl_ms_); }

  MutableBytes buffer() const { return buffer_; }
  /// What was written, and the room for more.
  FrameWriter frames() const { return frames_; }

  std::uint8_t numbers = 0;        ///< Which of the client_ids it has.
  Slot datagram = kNoSlot;         ///< Where its requests wait.
  Duration first_wait{};           ///< Of a request never sent before.
  Duration backoff{};              ///< Of the last request written,
  Instant wait_end{};              ///< and when its wait ends.
  Instant timer = Instant::max();  ///< The first wait's end, or deadline.

 private:
  bool take_other_deadline(Instant deadline, Instant now) {
    if (deadline <= now) return false;
    deadline_ = deadline;
    ttl_ms_ = milliseconds_until(deadline, now);
    timer = std::min(timer, deadline);
    return true;
  }

  FrameWriter frames_within(std::size_t limit) const {
    return FrameWriter{buffer_.first(limit - ClearChannel::kBack).subspan(ClearChannel::kFront)};
  }

  MutableBytes buffer_;
  FrameWriter frames_;
  std::size_t room_;
  std::size_t reply_;
  std::size_t count_ = 0;              // Of frames, those of requests that share one included.
  Instant deadline_ = Instant::min();  // Taken last,
  // And how long it has. Wider than what is sent: where it is put aside and read back with more
  // octets than were written, the processor waits.
  std::uint32_t ttl_ms_ = 0;
  bool idle_;
};

}  // namespace volley
