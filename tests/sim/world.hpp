#pragma once

#include <cstdint>
#include <vector>

#include <volley/time.hpp>

namespace volley::sim {

/// Something that the world wakes at the times it asked for.
class Actor {
 public:
  Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;
  /// `token` is what the actor said when it asked.
  virtual void wake(std::uint64_t token) = 0;
};

/// Virtual time and what will happen in it. What was asked for first happens first among equals, so
/// that a run repeats itself to the last event.
class World {
 public:
  /// The true time: no host's clock shows it.
  Instant now() const { return now_; }
  std::uint64_t events() const { return events_; }

  /// Has the actor woken at `when`, or now if that is over. The actor must live until then.
  void at(Instant when, Actor& actor, std::uint64_t token);
  /// Goes on to the next event. False if there is none.
  bool step();

 private:
  struct Event {
    Instant when;
    std::uint64_t order;
    Actor* actor;
    std::uint64_t token;
  };
  static bool later(const Event& one, const Event& other) {
    return one.when != other.when ? one.when > other.when : one.order > other.order;
  }

  Instant now_{};
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
  std::vector<Event> heap_;
};

}  // namespace volley::sim
