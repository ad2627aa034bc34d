#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "core/client_numbers.hpp"
#include "core/slot_list.hpp"
#include "wire/message_head.hpp"
#include "wire/message_writer.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Requests that are kept as the frames of one datagram, in a page of memory: they are written
/// there once, and sent from there, and those answered at once, which are nearly all, end there.
struct RequestPage {
  Slot memory = kNoSlot;      ///< kNoSlot: there is no page.
  std::uint32_t octets = 0;   ///< Of the frames.
  std::uint32_t waiting = 0;  ///< Requests that did not end.
  std::uint32_t end = 0;      ///< Behind the last of their numbers, which follow each other.
  std::uint8_t numbers = 0;   ///< Which of the client's two client_ids they belong to.
  /// All were made at one time, and have one deadline. If not, each one's entry tells both.
  bool alike = true;
  std::uint16_t ttl_ms = 0;           ///< As the frames say, if they are alike.
  Instant made{};                     ///< If they are alike.
  Instant deadline = Instant::max();  ///< The first one's.
  std::size_t charged = 0;            ///< What they count in the congestion window.
  Duration backoff{};                 ///< Of each, once they are sent.
};

/// Writes new requests to the page of a datagram to come.
class RequestPageWriter {
 public:
  /// Of no page.
  RequestPageWriter() = default;
  /// Of an empty page, whose times are those of the first to come, which has so long until its
  /// deadline. Numbers are `numbers`' to give. In the congestion window each request counts as
  /// `least` octets at least.
  RequestPageWriter(Slot datagram, const RequestPage& page, Duration timeout,
                    ClientNumbers& numbers, MutableBytes room, std::size_t least)
      : datagram_{datagram},
        page_{page},
        numbers_{&numbers},
        begin_{room.data()},
        frames_{room},
        least_{least},
        first_{numbers.next()},
        made_{page.made},
        timeout_{timeout},
        head_{head_with(page.ttl_ms)} {}

  Slot datagram() const { return datagram_; }
  /// Whether a request may share the frame that was written last.
  bool shares(bool idempotent, std::size_t body) const {
    return frames_.shares(head_.completed(idempotent, body), body);
  }
  /// Whether there is room for a frame of its own, and a number.
  bool fits(std::size_t body) {
    return MessageHead::kSize + body <= frames_.room() && waiting() < kMost && numbers_->can_give();
  }
  bool alike() const { return page_.alike; }
  /// Whether all on the page were made then, and have so long until their deadline.
  bool all_have(Instant made, Duration timeout) const {
    return made == made_ && timeout == timeout_;
  }

  /// What is written from now on differs in that, and entries tell in what.
  void mix(Instant deadline, std::uint16_t ttl_ms) {
    page_.alike = false;
    page_.deadline = std::min(page_.deadline, deadline);
    page_.ttl_ms = ttl_ms;
    made_ = kNever;
    head_ = head_with(ttl_ms);
  }

  /// Adds a request to the frame that was written last. Requires shares().
  void add(Slot request, Bytes body) {
    numbers_->give(request);
    frames_.add(body);
  }
  /// Begins a frame with one. Requires that it fits.
  void begin(Slot request, bool idempotent, Bytes body) {
    const std::size_t most = std::min(numbers_->left(), kMost - waiting());
    const MessageHead head = head_.completed(idempotent, body.size());
    frames_.begin(head.numbered(numbers_->give(request)), body, most);
  }

  /// It is of no page any more.
  void close() {
    datagram_ = kNoSlot;
    frames_ = {};
    made_ = kNever;
  }
  /// What was written.
  RequestPage page() {
    frames_.finish();
    RequestPage page = page_;
    const auto octets = static_cast<std::size_t>(frames_.end() - begin_);
    page.octets = static_cast<std::uint32_t>(octets);
    page.end = numbers_->next();
    page.waiting = page.end - first_;
    page.charged = std::max(octets, page.waiting * least_);
    return page;
  }
  /// How many were written.
  std::size_t waiting() const { return datagram_ == kNoSlot ? 0 : numbers_->next() - first_; }

 private:
  static constexpr Instant kNever = Instant::min();
  /// Requests in a datagram, however short: it is read as a whole before anything more is sent.
  static constexpr std::size_t kMost = 256;

  static MessageHead head_with(std::uint16_t ttl_ms) {
    return MessageHead{{.type = FrameType::kRequest, .attempt = 1, .word = ttl_ms}};
  }

  Slot datagram_ = kNoSlot;
  RequestPage page_;
  ClientNumbers* numbers_ = nullptr;
  std::byte* begin_ = nullptr;
  MessageWriter frames_;
  std::size_t least_ = 0;
  std::uint32_t first_ = 0;  // Number on the page.
  Instant made_ = kNever;    // Of all that is on the page, and so kNever if they are not alike.
  Duration timeout_{};
  MessageHead head_;  // Of each frame, but for what differs.
};

}  // namespace volley
