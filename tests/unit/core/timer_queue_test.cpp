#include "core/timer_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/random.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(TimerQueue, GivesWhatIsDueEarliestFirstAndNothingElse) {
  TimerQueue timers{3};
  EXPECT_FALSE(timers.next());
  timers.set(0, Instant{30ms});
  timers.set(1, Instant{10ms});
  timers.set(2, Instant{20ms});
  EXPECT_EQ(timers.next(), Instant{10ms});
  EXPECT_FALSE(timers.pop_due(Instant{10ms - 1ns}));
  EXPECT_EQ(timers.pop_due(Instant{20ms}), 1U);
  EXPECT_EQ(timers.pop_due(Instant{20ms}), 2U);
  EXPECT_FALSE(timers.pop_due(Instant{20ms}));
  EXPECT_EQ(timers.next(), Instant{30ms});
}

/// The same timers, kept the obvious way.
class Model {
 public:
  void set(TimerQueue::Slot slot, Instant when) {
    erase(slot);
    timers_.emplace(when, slot);
  }
  void erase(TimerQueue::Slot slot) {
    std::erase_if(timers_, [slot](const auto& timer) { return timer.second == slot; });
  }
  std::optional<Instant> next() const {
    return timers_.empty() ? std::nullopt : std::optional{timers_.begin()->first};
  }
  std::optional<Instant> time_of(TimerQueue::Slot slot) const {
    for (const auto& [when, owner] : timers_) {
      if (owner == slot) return when;
    }
    return std::nullopt;
  }

 private:
  std::multimap<Instant, TimerQueue::Slot> timers_;
};

TEST(TimerQueue, AgreesWithAMultimap) {
  constexpr TimerQueue::Slot kSlots = 24;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    TimerQueue timers{kSlots};
    Model model;
    for (int step = 0; step < 3'000; ++step) {
      const auto slot = static_cast<TimerQueue::Slot>(random.below(kSlots));
      const Instant when{std::chrono::milliseconds{random.below(50)}};
      switch (random.below(4)) {
        case 0:
          timers.erase(slot);
          model.erase(slot);
          break;
        case 1:
          if (const auto due = timers.pop_due(when)) {
            // Of several at one instant any may be first.
            ASSERT_EQ(model.time_of(*due), model.next());
            ASSERT_LE(*model.next(), when);
            model.erase(*due);
          } else {
            ASSERT_TRUE(!model.next() || *model.next() > when);
          }
          break;
        default:
          timers.set(slot, when);
          model.set(slot, when);
      }
      ASSERT_EQ(timers.next(), model.next()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace volley
