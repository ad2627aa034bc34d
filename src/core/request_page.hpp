#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "base/copy.hpp"
#include "core/client_numbers.hpp"
#include "core/slot_list.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Requests that are kept as the frames of one datagram, in a page of memory: they are written
/// there once, and sent from there, and those answered at once, which are nearly all, end there.
struct RequestPage {
  Slot memory = kNoSlot;      ///< kNoSlot: there is no page.
  std::uint32_t octets = 0;   ///< Of the frames.
  std::uint32_t waiting = 0;  ///< Requests that did not end.
  std::uint8_t numbers = 0;   ///< Which of the client's two client_ids they belong to.
  bool one_deadline = true;   ///< All have the same; else it is the first that counts:
  std::uint16_t ttl_ms = 0;   ///< As the frames say, if all have
  Instant deadline = Instant::max();
  std::size_t charged = 0;  ///< What they count in the congestion window.
  Duration backoff{};       ///< Of each, once they are sent.
};

/// Writes new requests to the page of a datagram to come.
class RequestPageWriter {
 public:
  /// Of no page.
  RequestPageWriter() = default;
  /// Numbers are `numbers`' to give.
  RequestPageWriter(Slot datagram, const RequestPage& page, ClientNumbers& numbers,
                    MutableBytes room)
      : datagram_{datagram},
        page_{page},
        numbers_{&numbers},
        begin_{room.data()},
        end_{begin_},
        limit_{begin_ + room.size()} {}

  Slot datagram() const { return datagram_; }
  /// Whether there is room for another frame, and a number.
  bool fits(std::size_t frame_size) {
    return frame_size <= static_cast<std::size_t>(limit_ - end_) && numbers_->can_give();
  }
  Instant first_deadline() const { return page_.deadline; }

  /// Takes note of the deadline of what will be written next, if it is not that of those before,
  /// and of the time that is left until then.
  void take_deadline(Instant deadline, std::uint16_t ttl_ms) {
    page_.one_deadline = page_.waiting == 0;
    page_.ttl_ms = ttl_ms;
    page_.deadline = std::min(page_.deadline, deadline);
  }
  /// Requires that it fits. In the congestion window it counts as `least` octets at least.
  void write(Slot request, bool idempotent, Bytes body, std::size_t least) {
    const std::size_t size = MessageHead::kSize + body.size();
    std::byte* const frame = std::exchange(end_, end_ + size);
    const MessageHead head{{.type = FrameType::kRequest,
                            .flag = idempotent,
                            .attempt = 1,
                            .sequence = numbers_->give(request),
                            .word = page_.ttl_ms,
                            .length = static_cast<std::uint16_t>(body.size())}};
    head.write(frame);
    copy(body, frame + MessageHead::kSize);
    page_.charged += std::max(size, least);
    ++page_.waiting;
  }

  /// What was written.
  RequestPage page() const {
    RequestPage page = page_;
    page.octets = static_cast<std::uint32_t>(end_ - begin_);
    return page;
  }

 private:
  Slot datagram_ = kNoSlot;
  RequestPage page_;
  ClientNumbers* numbers_ = nullptr;
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;
};

}  // namespace volley
