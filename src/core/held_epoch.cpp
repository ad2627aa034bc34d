#include "core/held_epoch.hpp"

#include <algorithm>

#include "core/planted.hpp"

namespace volley {

HeldEpoch::News HeldEpoch::take(const ClearHeader& header, bool bare, Instant now) {
  if (!known()) {
    hold(header, now);
    ++turn_;
    return News::kFirst;
  }
  if (header.epoch == epoch_) {
    if (header.note < ticket_uptime_) return News::kLate;
    hold(header, now);
    return News::kFresh;
  }
  const bool answers_this_turn = header.turn == turn_ || planted(Bug::kStaleEpochBelieved);
  if (!bare || !answers_this_turn) return News::kStale;
  returned_ = std::ranges::find(left_, header.epoch) != left_.end();
  leave();
  hold(header, now);
  ++turn_;
  return News::kRestart;
}

void HeldEpoch::hold(const ClearHeader& header, Instant now) {
  if (header.epoch != epoch_ || header.ticket != ticket_) ++stamp_;
  epoch_ = header.epoch;
  ticket_ = header.ticket;
  ticket_uptime_ = header.note;
  ticket_instant_ = now;
}

void HeldEpoch::leave() {
  left_[next_left_] = epoch_;
  next_left_ = (next_left_ + 1) % left_.size();
}

}  // namespace volley
