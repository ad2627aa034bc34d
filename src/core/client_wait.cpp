// What waits for an answer, and what becomes of it when none comes in time.

#include <algorithm>

#include "core/client_end.hpp"
#include "core/client_state.hpp"

namespace volley {

void ClientState::handle_timeout(Instant now) {
  while (const auto datagram = sent_.pop_due(now)) wait_over(*datagram, now);
  find_losses(now);
  if (gives_up_contact(now)) {
    contact_ = {};
    while (!queue_.empty()) end_unanswered(queue_.front(), Reason::kNoAnswer, now);
  }
  if (first_deadline_ <= now) {
    take_apart_unsent();
    first_deadline_ = Instant::max();
    end_overdue(due_, now);
    end_overdue(queue_, now);
  }
}

/// Ends those of a list whose deadline is over, and looks up the first of the others'.
void ClientState::end_overdue(SlotList& list, Instant now) {
  Slot next = kNoSlot;
  for (Slot slot = list.front(); slot != kNoSlot; slot = next) {
    next = requests_[slot].links.after;
    const Instant deadline = requests_[slot].schedule.deadline();
    if (deadline <= now) {
      end_unanswered(slot, Reason::kNoAnswer, now);
    } else {
      first_deadline_ = std::min(first_deadline_, deadline);
    }
  }
}

/// When the wait of a request in that datagram ends.
Instant ClientState::wait_end(const SentDatagram& datagram, const ClientRequest& request) const {
  if (datagram.hold) return *datagram.hold;
  return later(datagram.sent, request.schedule.wait(options_.policy, datagram.draw));
}

/// Lets a request wait in a datagram.
void ClientState::join(Slot datagram, Slot slot) {
  ClientRequest& request = requests_[slot];
  request.datagram = datagram;
  sent_[datagram].requests.push_back(requests_, slot);
  sent_.wake_by(datagram,
                std::min(wait_end(sent_[datagram], request), request.schedule.deadline()));
}

/// The frame was answered, but not for good: its wait begins anew, or ends at `hold`.
void ClientState::rest(Slot slot, std::optional<Instant> hold, Instant now) {
  take_out(slot, true, now);
  if (resting_ == kNoSlot || sent_[resting_].hold != hold) {
    resting_ = sent_.add({.sent = now,
                          .hold = hold,
                          .draw = jitter_.unit(),
                          .stamp = server_.stamp(),
                          .kind = SentDatagram::Kind::kResting});
  }
  join(resting_, slot);
}

/// The timer of a datagram is over: of each request in it the wait may be, or the deadline.
void ClientState::wait_over(Slot datagram, Instant now) {
  using Kind = SentDatagram::Kind;
  if (sent_[datagram].kind == Kind::kBare || sent_[datagram].kind == Kind::kPing) {
    sent_[datagram].all_answered = false;
    return close(datagram, now);
  }
  take_apart(datagram);
  Slot next = kNoSlot;
  for (Slot slot = sent_[datagram].requests.front(); slot != kNoSlot; slot = next) {
    const ClientRequest& request = requests_[slot];
    next = request.links.after;
    const Instant end = wait_end(sent_[datagram], request);
    if (request.schedule.deadline() <= now) {
      end_unanswered(slot, Reason::kNoAnswer, now);
    } else if (end <= now) {
      expire(slot, now);
    } else {
      sent_.wake_by(datagram, std::min(end, request.schedule.deadline()));
    }
  }
}

/// The wait of a request ended without an answer.
void ClientState::expire(Slot slot, Instant now) {
  ClientRequest& request = requests_[slot];
  const Instant sent = sent_[request.datagram].sent;
  ++counters_.expired;
  // protocol.md §7: what answered shows that the path delivers.
  if (!request.answered && heard_bare_ <= sent) {
    const bool silent = request.expired && request.heard == heard_;
    const bool reduced = silent ? window_.silent(sent, now) : window_.lost(sent, now);
    if (reduced) ++counters_.reductions;
  }
  if (request.schedule.gives_up(options_.policy, now)) {
    return end_unanswered(slot, Reason::kNoAnswer, now);
  }
  take_out(slot, false, now);
  request.expired = true;
  request.heard = heard_;
  request.backs_off = true;
  request.hastened = false;
  request.seemed_lost = false;
  request.losses = 0;
  line_up(due_, slot);
}

/// Has a request sent again before its wait is over: that neither doubles the wait nor resets it
/// (protocol.md §5.7).
void ClientState::make_due(Slot slot, bool answered, Instant now) {
  ClientRequest& request = requests_[slot];
  if (request.datagram == kNoSlot) return;  // It is due already.
  take_out(slot, answered, now);
  request.hastened = true;
  line_up(due_, slot);
}

/// Makes due what waits in a datagram and was not hastened since a wait of it last ended. The
/// others wait on.
void ClientState::hasten(Slot datagram, bool refused, Instant now) {
  using Kind = SentDatagram::Kind;
  take_apart(datagram);
  if (sent_[datagram].requests.empty()) {
    const std::uint64_t ping = sent_[datagram].ping;
    const bool again = sent_[datagram].kind == Kind::kPing;
    close(datagram, now);
    if (again) pings_.refused(ping);
    return;
  }
  bool waits_on = false;
  Slot next = kNoSlot;
  for (Slot slot = sent_[datagram].requests.front(); slot != kNoSlot; slot = next) {
    next = requests_[slot].links.after;
    if (requests_[slot].hastened) {
      waits_on = true;
    } else {
      make_due(slot, refused, now);
    }
  }
  if (!waits_on) return;
  SentDatagram& left = sent_[datagram];
  left.hastened = true;
  if (!refused || left.weight == 0) return;
  // protocol.md §5.3: it is in flight no more, for it was answered.
  window_.left(left.weight, now);
  if (left.all_answered && left.window_used) window_.answered(left.weight);
  left.weight = 0;
}

/// After a bare header: what has another stamp than the one now held was refused.
void ClientState::hasten_refused(Instant now) {
  // Stamps follow each other, so the refused are the oldest.
  Slot next = kNoSlot;
  for (Slot datagram = sent_.oldest(); datagram != kNoSlot; datagram = next) {
    if (sent_[datagram].stamp == server_.stamp()) break;
    next = sent_.after(datagram);
    sent_[datagram].stamp = server_.stamp();
    hasten(datagram, true, now);
  }
}

/// A bare header that was sent waits no more.
void ClientState::close_bare(bool answered, Instant now) {
  if (bare_ == kNoSlot) return;
  sent_[bare_].all_answered = answered;
  close(bare_, now);
}

void ClientState::handle_hint(ErrorCode hint, Instant now) {
  hint_ = hint;
  hinted_ = now;
  Slot next = kNoSlot;
  for (Slot datagram = sent_.oldest(); datagram != kNoSlot; datagram = next) {
    next = sent_.after(datagram);
    const SentDatagram& sent = sent_[datagram];
    if (sent.kind == SentDatagram::Kind::kRequests && !sent.hastened) {
      hasten(datagram, false, now);
    }
  }
}

}  // namespace volley
