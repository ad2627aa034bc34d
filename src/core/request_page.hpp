#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "base/copy.hpp"
#include "core/slot_list.hpp"
#include "wire/message_head.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Requests that are kept as the frames of one datagram, in a page of memory: they are written
/// there once, and sent from there, and those answered at once, which are nearly all, end there.
/// Until the datagram is sent, each frame has its request's slot in place of a number.
struct RequestPage {
  Slot memory = kNoSlot;      ///< kNoSlot: there is no page.
  std::uint32_t octets = 0;   ///< Of the frames.
  std::uint32_t waiting = 0;  ///< Requests that did not end.
  std::uint8_t numbers = 0;   ///< Which of the client's two client_ids they belong to.
  bool one_deadline = true;   ///< All have the same; else it is the first that counts:
  Instant deadline = Instant::max();
  std::size_t charged = 0;  ///< What they count in the congestion window.
  Duration backoff{};       ///< Of each, once they are sent.
};

/// Writes new requests to the page of a datagram to come.
class RequestPageWriter {
 public:
  /// Of no page.
  RequestPageWriter() = default;
  RequestPageWriter(Slot datagram, Slot memory, MutableBytes room)
      : datagram_{datagram},
        page_{.memory = memory},
        begin_{room.data()},
        end_{begin_},
        limit_{begin_ + room.size()} {}

  Slot datagram() const { return datagram_; }
  bool fits(std::size_t frame_size) const {
    return frame_size <= static_cast<std::size_t>(limit_ - end_);
  }
  Instant first_deadline() const { return page_.deadline; }

  /// Requires that it fits. In the congestion window it counts as `least` octets at least.
  void write(Slot slot, bool idempotent, Bytes body, std::size_t least) {
    const std::size_t size = MessageHead::kSize + body.size();
    MessageHead{{.type = FrameType::kRequest,
                 .flag = idempotent,
                 .attempt = 1,
                 .sequence = Sequence{slot},
                 .word = 0,
                 .length = static_cast<std::uint16_t>(body.size())}}
        .write(end_);
    copy(body, end_ + MessageHead::kSize);
    end_ += size;
    page_.charged += std::max(size, least);
    ++page_.waiting;
  }
  /// Takes note of the deadline of what was written last, if it is not that of those before.
  void take_deadline(Instant deadline) {
    page_.one_deadline = page_.waiting == 1;
    page_.deadline = std::min(page_.deadline, deadline);
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
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;
};

}  // namespace volley
