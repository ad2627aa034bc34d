#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "core/request_page.hpp"
#include "core/slot_list.hpp"
#include "core/timer_queue.hpp"

namespace volley {

/// A datagram that was sent and whose frames wait, for an answer or for the end of their waits:
/// timers, round trips and the congestion window know datagrams, not requests.
struct SentDatagram {
  enum class Kind : std::uint8_t {
    kRequests,  ///< REQUESTs and PROBEs.
    kUnsent,    ///< REQUESTs that are yet to be sent, in a page.
    kResting,   ///< No datagram: requests whose datagram was answered, but not for good.
    kPing,
    kBare,
  };

  Instant sent{};                  ///< When the waits of its requests began.
  std::optional<Instant> hold{};   ///< When they all end, if it is not their own matter.
  Instant timer = Instant::max();  ///< What SentDatagrams::wake_by() set.
  double draw = 0;                 ///< Of their jitter.
  SlotList requests{};             ///< Those that still wait.
  SlotLinks links{};               ///< In the order of sending; before, in that of making.
  SlotLinks unheard_links{};       ///< The same among those that nothing was heard of.
  std::uint64_t order = 0;         ///< Of sending, among those with requests.
  std::uint64_t ping = 0;          ///< Of a PING: its opaque.
  std::size_t weight = 0;          ///< In the congestion window; 0: in flight no more.
  std::uint32_t stamp = 0;         ///< HeldEpoch::stamp() of its header.
  Kind kind = Kind::kRequests;
  bool window_used = false;  ///< The window was, so that it may grow if
  bool all_answered = true;  ///< nothing of this was left unanswered.
  bool sampled = false;      ///< It has given a round trip.
  bool hastened = false;     ///< All that wait in it were.
  bool unheard = false;      ///< It has requests, and no answer to any shows that it arrived.
  RequestPage page{};        ///< Those of its requests that are in no list, as they were made.
};

/// The datagrams whose frames still wait, at most a fixed number at a time, each with one timer.
/// Grows with the most that there were at a time; a steady flow allocates nothing. One thread.
class SentDatagrams {
 public:
  explicit SentDatagrams(std::size_t capacity) : timers_{capacity} {}

  /// Adds the latest.
  Slot add(const SentDatagram& datagram) {
    const Slot slot = make(datagram);
    send(slot);
    return slot;
  }
  /// One that is yet to be sent, and until then in no order.
  Slot make(const SentDatagram& datagram);
  /// It is sent: now it is the latest.
  void send(Slot slot) {
    order_.push_back(datagrams_, slot);
    if (datagrams_[slot].kind != SentDatagram::Kind::kRequests) return;
    datagrams_[slot].order = ++sent_;
    datagrams_[slot].unheard = true;
    ByUnheard table{datagrams_};
    unheard_.push_back(table, slot);
  }
  /// It arrived, or is taken for lost.
  void settle(Slot slot) {
    if (!datagrams_[slot].unheard) return;
    datagrams_[slot].unheard = false;
    ByUnheard table{datagrams_};
    unheard_.erase(table, slot);
  }
  void remove(Slot slot) {
    settle(slot);
    order_.erase(datagrams_, slot);
    discard(slot);
  }
  /// Removes one that was not sent.
  void discard(Slot slot) {
    timers_.erase(slot);
    free_.push_back(slot);
  }

  SentDatagram& operator[](Slot slot) { return datagrams_[slot]; }
  const SentDatagram& operator[](Slot slot) const { return datagrams_[slot]; }

  /// In the order of sending; kNoSlot at the end.
  Slot oldest() const { return order_.front(); }
  Slot after(Slot slot) const { return datagrams_[slot].links.after; }
  /// The oldest of those with requests that nothing was heard of; kNoSlot if there is none.
  Slot oldest_unheard() const { return unheard_.front(); }

  /// Sets its timer, or moves it to an earlier time.
  void wake_by(Slot slot, Instant when) {
    if (when >= datagrams_[slot].timer) return;
    datagrams_[slot].timer = when;
    timers_.set(slot, when);
  }
  std::optional<Instant> next_timer() const { return timers_.next(); }
  /// One whose timer is due, and which now has none.
  std::optional<Slot> pop_due(Instant now) {
    const auto slot = timers_.pop_due(now);
    if (slot) datagrams_[*slot].timer = Instant::max();
    return slot;
  }

 private:
  /// The datagrams as a SlotList sees them that links them another way.
  struct ByUnheard {
    struct Item {
      SlotLinks& links;
    };
    Item operator[](Slot slot) { return {datagrams[slot].unheard_links}; }
    std::vector<SentDatagram>& datagrams;
  };

  std::vector<SentDatagram> datagrams_;
  std::vector<Slot> free_;
  SlotList order_;
  SlotList unheard_;
  std::uint64_t sent_ = 0;  // Datagrams with requests.
  TimerQueue timers_;
};

}  // namespace volley
