#include "core/raw_client_core.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "core/from_server.hpp"
#include "core/raw_error.hpp"

namespace volley {
namespace {

/// A quarter of all IDs that a field can hold, if that is less than `count`.
std::size_t at_most_a_quarter(std::size_t count, const Matcher& matcher) {
  if (!matcher.field() || matcher.field()->size > 2) return count;
  return std::min(count, std::size_t{1} << (8 * matcher.field()->size - 2));
}

std::size_t effective_window(const RawClientCore::Options& options) {
  VOLLEY_CHECK(options.window > 0);
  return options.matcher ? at_most_a_quarter(options.window, *options.matcher) : 1;
}

std::optional<IdLedger> make_ledger(const RawClientCore::Options& options) {
  if (!options.matcher) return std::nullopt;
  return IdLedger{{.in_flight = effective_window(options),
                   .finished = at_most_a_quarter(RawLimits::kFinished, *options.matcher)},
                  options.seed};
}

}  // namespace

RawClientCore::RawClientCore(Options options, RttEstimator& rtt)
    : options_{std::move(options)},
      rtt_{rtt},
      jitter_{options_.seed},
      pending_{effective_window(options_)},
      timers_{effective_window(options_)},
      events_{2 * effective_window(options_)},
      ids_{make_ledger(options_)} {}

// Outbound.

Result<RequestId> RawClientCore::request(Bytes body, const RawRequest& request, Instant now) {
  if (body.size() > kMaxPayload) {
    return std::unexpected(too_large_error(body.size(), kMaxPayload, options_.server));
  }
  if (!has_room()) return std::unexpected(no_room_error(in_flight(), options_.server));
  const Slot slot = pending_.add(body);
  pending_[slot].schedule = RetrySchedule{now, request.timeout.value_or(options_.policy.give_up)};
  if (ids_) {
    const auto id = identify(pending_.body(slot), request.fresh_id);
    if (!id) {
      pending_.end(slot);
      pending_.release(slot);
      return std::unexpected(id.error());
    }
    pending_[slot].id = *id;
    ids_->begin(*id, pending_.id_of(slot));
  }
  make_due(slot);
  last_ = pending_.id_of(slot);
  ++counters_.requests;
  return last_;
}

Result<MatchId> RawClientCore::identify(MutableBytes body,
                                        const std::optional<MatchId>& fresh_id) const {
  const Matcher& matcher = *options_.matcher;
  const auto& field = matcher.field();
  if (fresh_id) {
    VOLLEY_CHECK(field.has_value());
    if (body.size() < field->offset + field->size) {
      return std::unexpected(no_id_error(body.size(), matcher));
    }
    write_match_id(body, *field, *fresh_id);
  }
  const auto id = matcher.request_id(body);
  if (!id) return std::unexpected(no_id_error(body.size(), matcher));
  if (ids_->in_flight(*id)) return std::unexpected(id_in_flight_error(options_.server));
  return *id;
}

bool RawClientCore::has_room() const {
  return !pending_.full() && room_for_event();
}

bool RawClientCore::id_taken(const MatchId& id) const {
  return ids_ && (ids_->in_flight(id) || ids_->finished(id));
}

std::optional<Transmit> RawClientCore::poll_transmit(MutableBytes buffer, Instant now) {
  while (!due_.empty()) {
    const Slot slot = due_.front();
    RetrySchedule& schedule = pending_[slot].schedule;
    if (schedule.deadline() <= now) {
      // Too late to ask. Its timer is due, so that handle_timeout() ends it.
      make_wait(slot, schedule.deadline());
      continue;
    }
    const Bytes body = pending_.body(slot);
    if (body.size() > buffer.size()) return std::nullopt;
    if (options_.report_waits && !room_for_event()) return std::nullopt;

    if (schedule.attempts() == 0) schedule.postpone(now);
    schedule.sent(options_.policy, rtt_.timeout(), now);
    const Duration wait =
        std::min(schedule.wait(options_.policy, jitter_.unit()), schedule.deadline() - now);
    make_wait(slot, now + wait);
    std::ranges::copy(body, buffer.begin());
    ++counters_.attempts;
    if (schedule.attempts() > 1) spent_ = true;
    if (options_.report_waits) {
      events_.push(RawWaiting{
          .request = pending_.id_of(slot), .attempt = schedule.attempts(), .wait = wait});
    }
    return Transmit{.peer = options_.server, .size = body.size()};
  }
  return std::nullopt;
}

/// Has the request sent, once those queued before it are. Its timer goes to the deadline: if
/// nothing can be sent until then, it ends.
void RawClientCore::make_due(Slot slot) {
  Request& request = pending_[slot];
  request.is_due = true;
  due_.push_back(pending_, slot);
  timers_.set(slot, request.schedule.deadline());
}

/// Takes the request out of the queue; it acts next at `timer`.
void RawClientCore::make_wait(Slot slot, Instant timer) {
  pending_[slot].is_due = false;
  due_.erase(pending_, slot);
  timers_.set(slot, timer);
}

// Inbound.

void RawClientCore::handle_datagram(const Datagram& datagram, Instant now) {
  if (!is_from_server(datagram.peer, options_.server)) {
    ++counters_.strangers;
    return;
  }
  std::optional<MatchId> id;
  std::optional<RequestId> asked = last_;
  if (ids_) {
    id = options_.matcher->reply_id(datagram.payload);
    asked = id ? ids_->in_flight(*id) : std::nullopt;
  }
  // What was not sent yet cannot be answered: this answers an older request, or none.
  const Slot slot = asked ? pending_.find(*asked) : kNoSlot;
  if (slot == kNoSlot || pending_[slot].schedule.attempts() == 0) {
    count_uninvited(id);
    return;
  }
  // Karn's rule, both halves.
  const RetrySchedule& schedule = pending_[slot].schedule;
  if (schedule.attempts() == 1) {
    rtt_.sample(now - schedule.start());
  } else {
    rtt_.backed_off(schedule.backoff());
  }
  ++counters_.replies;
  finish(slot, RawOutcome::kReply, datagram.payload, now);
}

void RawClientCore::count_uninvited(const std::optional<MatchId>& id) {
  spent_ = true;
  std::optional<RawOutcome> ended = last_outcome_;
  if (ids_) ended = id ? ids_->finished(*id) : std::nullopt;
  if (!ended) {
    ++counters_.wrong_id;
  } else if (*ended == RawOutcome::kReply) {
    ++counters_.duplicates;
  } else {
    ++counters_.late;
  }
}

void RawClientCore::handle_refused(Instant now) {
  ++counters_.refused;
  pending_.for_each([&](Slot slot) {
    // What was not sent yet cannot have been refused.
    if (pending_[slot].schedule.attempts() > 0) finish(slot, RawOutcome::kRefused, {}, now);
  });
}

void RawClientCore::handle_hint(ErrorCode hint, Instant now) {
  hint_ = hint;
  hinted_ = now;
}

void RawClientCore::finish(Slot slot, RawOutcome outcome, Bytes body, Instant now) {
  const Request& request = pending_[slot];
  const RetrySchedule& schedule = request.schedule;
  RawFinished finished{.request = pending_.id_of(slot),
                       .outcome = outcome,
                       .body = body,
                       .attempts = schedule.attempts(),
                       .elapsed = now - schedule.start()};
  if (outcome == RawOutcome::kReply) {
    if (finished.attempts == 1) finished.round_trip = finished.elapsed;
  } else {
    spent_ = true;
  }
  if (outcome == RawOutcome::kNoAnswer && hinted_ >= schedule.start()) finished.hint = hint_;
  if (ids_) ids_->end(request.id, outcome);
  last_outcome_ = outcome;
  timers_.erase(slot);
  if (request.is_due) due_.erase(pending_, slot);
  pending_.end(slot);
  events_.push(finished);
}

std::optional<RawEvent> RawClientCore::poll_event() {
  if (events_.empty()) return std::nullopt;
  RawEvent event = events_.pop();
  if (const auto* finished = std::get_if<RawFinished>(&event)) {
    pending_.release(slot_of(finished->request));
  }
  return event;
}

bool RawClientCore::room_for_event() const {
  // Each request in flight keeps room for its end, so that no end is ever lost: request() and
  // poll_transmit() hold back when one thing more would not fit, and finish() turns the one into
  // the other.
  return pending_.size() + events_.size() < events_.capacity();
}

// Time.

void RawClientCore::handle_timeout(Instant now) {
  while (const auto slot = timers_.pop_due(now)) {
    const Request& request = pending_[*slot];
    if (request.schedule.gives_up(options_.policy, now)) {
      finish(*slot, RawOutcome::kNoAnswer, {}, now);
    } else {
      make_due(*slot);
    }
  }
}

}  // namespace volley
