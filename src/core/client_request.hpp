#pragma once

#include <cstdint>

#include <volley/time.hpp>

#include "core/retry_schedule.hpp"
#include "core/slot_list.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// What a client core keeps of one unfinished request (protocol.md §5.1): one cache line.
///
/// While it is in the page of a datagram, sent or not, nothing of this is so, but for its start and
/// deadline if the page does not tell them: nothing but a reply can happen to it there. Else it is
/// in one list at a time: among the queued, which were never sent; among the due, which are to be
/// sent again; or among the requests of a sent datagram, where it waits for an answer.
struct alignas(64) ClientRequest {
  enum class State : std::uint8_t { kQueued, kSent, kWorking };

  RetrySchedule schedule{};  ///< Its start() is t0, once it is sent.
  Instant made{};
  SlotLinks links{};
  Sequence sequence{};
  Slot datagram = kNoSlot;  ///< The sent datagram in which it waits.
  std::uint32_t heard = 0;  ///< With `expired`: how many datagrams the server had sent then.
  State state = State::kQueued;
  std::uint8_t numbers = 0;  ///< Which of the client's two client_ids its number belongs to.
  bool idempotent : 1 = false;
  bool stamped : 1 = false;         ///< The epoch of its stamp is the one held.
  bool backs_off : 1 = false;       ///< Due because its wait ended: the next is twice as long.
  bool hastened : 1 = false;        ///< Became due for a refusal or an error, once in a wait.
  bool expired : 1 = false;         ///< A wait of it ended.
  bool answered : 1 = false;        ///< Its latest attempt was,
  bool first_answered : 1 = false;  ///< its first.
  bool overloaded : 1 = false;      ///< The last answer was OVERLOAD.
  bool seemed_lost : 1 = false;     ///< Became due for a loss that is not yet judged.
  std::uint8_t losses : 2 = 0;      ///< How often it seemed lost in this wait.

  bool was_sent() const { return state != State::kQueued; }

  /// A new one, or one that was in a page until now.
  static ClientRequest made_at(Instant made, Instant deadline, bool may_repeat) {
    return {
        .schedule = RetrySchedule{made, deadline - made}, .made = made, .idempotent = may_repeat};
  }
};
static_assert(sizeof(ClientRequest) == 64);

}  // namespace volley
