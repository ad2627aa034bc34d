#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "core/block_store.hpp"
#include "core/lazy_array.hpp"
#include "core/slot_list.hpp"
#include "wire/frame.hpp"

namespace volley {

/// One frame that waits to be sent, or a run of REPLYs, or a bare header.
struct QueuedAnswer {
  enum class Kind : std::uint8_t { kReply, kNack, kWorking, kPong, kBare };

  Kind kind = Kind::kBare;
  std::uint8_t attempt = 0;
  NackCode code{};
  std::uint8_t turn = 0;  ///< Of a bare header.
  bool deferred = false;  ///< REPLY and WORKING.
  bool alone = false;     ///< In a datagram of its own, and that in no run.
  /// Of a PONG's zeros; or of REPLYs, to that number and the next. Several go as they are kept.
  std::uint16_t count = 0;
  Slot route = kNoSlot;      ///< Held.
  std::uint32_t number = 0;  ///< All but PONG.
  std::uint32_t detail = 0;  ///< Of a NACK.
  Block page = kNoBlock;     ///< Of REPLYs, held.
  std::uint64_t opaque = 0;  ///< Of a PONG.
};
static_assert(sizeof(QueuedAnswer) == 32);

/// Answers in the order in which they are to be sent, so many at most. Allocates when made and
/// never after; one thread.
class AnswerQueue {
 public:
  /// A power of two: twice what the largest datagram can ask for.
  static constexpr std::size_t kCapacity = 16'384;

  bool empty() const { return first_ == end_; }
  std::size_t room() const { return kCapacity - (end_ - first_); }

  /// Requires room.
  void push(const QueuedAnswer& answer) {
    VOLLEY_CHECK(room() > 0);
    answers_.make(end_++ % kCapacity, answer);
  }
  /// The one to send next. Requires !empty().
  QueuedAnswer& front() { return answers_[first_ % kCapacity]; }
  /// The one pushed last. Requires !empty().
  QueuedAnswer& back() { return answers_[(end_ - 1) % kCapacity]; }
  /// An empty queue begins at the first place again, and so stays in a part that is in the cache.
  void pop() {
    if (++first_ == end_) first_ = end_ = 0;
  }

 private:
  LazyArray<QueuedAnswer> answers_{kCapacity};
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

}  // namespace volley
