#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

namespace volley {

/// At most one timer for each of a fixed number of slots: a binary heap by time that knows where
/// each slot's timer stands, so that one can be moved and erased. Allocates when made and never
/// after.
class TimerQueue {
 public:
  using Slot = std::uint32_t;

  explicit TimerQueue(std::size_t slots);

  /// Sets the slot's timer, or moves it.
  void set(Slot slot, Instant when);
  /// Erases the slot's timer, if it has one.
  void erase(Slot slot);

  /// The earliest timer.
  std::optional<Instant> next() const;
  /// Takes the earliest timer if it is due: not later than `now`.
  std::optional<Slot> pop_due(Instant now);

 private:
  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  struct Timer {
    Instant when;
    Slot slot;
  };

  void place(std::size_t position, const Timer& timer);
  void rise(std::size_t position, const Timer& timer);
  void sink(std::size_t position, const Timer& timer);

  std::vector<Timer> heap_;
  std::vector<std::uint32_t> position_;  // Of each slot's timer in the heap, or kAbsent.
};

}  // namespace volley
