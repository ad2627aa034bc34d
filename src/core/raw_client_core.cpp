#include "core/raw_client_core.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
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
      events_{2 * effective_window(options_)},
      ids_{make_ledger(options_)} {}

// Outbound.

Result<RequestId> RawClientCore::request(Bytes body, const RawRequest& request, Instant now) {
  if (body.size() > kMaxPayload) {
    return std::unexpected(too_large_error(body.size(), options_.server));
  }
  if (!has_room()) return std::unexpected(no_room_error(in_flight(), options_.server));
  const RetrySchedule schedule{options_.policy,
                               {.first_wait = rtt_.timeout(),
                                .timeout = request.timeout.value_or(options_.policy.give_up),
                                .now = now}};
  const RequestId taken = pending_.add(schedule, body);
  if (ids_) {
    Pending::Entry& entry = *pending_.find(taken);
    const auto id = identify(entry, request.fresh_id);
    if (!id) {
      pending_.remove(taken);
      return std::unexpected(id.error());
    }
    entry.details.id = *id;
    ids_->begin(*id, taken);
  }
  last_ = taken;
  ++counters_.requests;
  return taken;
}

Result<MatchId> RawClientCore::identify(Pending::Entry& entry,
                                        const std::optional<MatchId>& fresh_id) const {
  const Matcher& matcher = *options_.matcher;
  const auto& field = matcher.field();
  if (fresh_id) {
    VOLLEY_CHECK(field.has_value());
    if (entry.body.size() < field->offset + field->size) {
      return std::unexpected(no_id_error(entry.body.size(), matcher));
    }
    write_match_id(entry.body, field->offset, field->size, *fresh_id);
  }
  const auto id = matcher.request_id(entry.body);
  if (!id) return std::unexpected(no_id_error(entry.body.size(), matcher));
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
  while (const auto next = pending_.next_queued()) {
    Pending::Entry& entry = *pending_.find(*next);
    RetrySchedule& schedule = entry.schedule;
    if (schedule.deadline() <= now) {
      // Too late to ask. Its timer is due, so that handle_timeout() ends it.
      pending_.wait(*next, schedule.deadline());
      continue;
    }
    if (entry.body.size() > buffer.size()) return std::nullopt;
    if (options_.report_waits && !room_for_event()) return std::nullopt;

    const Duration wait = schedule.sent(now, jitter_);
    pending_.wait(*next, now + wait);
    std::ranges::copy(entry.body, buffer.begin());
    ++counters_.attempts;
    if (schedule.attempts() > 1) spent_ = true;
    if (options_.report_waits) {
      events_.push(RawWaiting{.request = *next, .attempt = schedule.attempts(), .wait = wait});
    }
    return Transmit{.peer = options_.server, .size = entry.body.size()};
  }
  return std::nullopt;
}

// Inbound.

void RawClientCore::handle_datagram(const Datagram& datagram, Instant now) {
  if (!is_server(datagram.peer)) {
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
  const Pending::Entry* entry = asked ? pending_.find(*asked) : nullptr;
  if (entry == nullptr || entry->schedule.attempts() == 0) {
    count_uninvited(id);
    return;
  }
  // Karn's rule, both halves.
  const RetrySchedule& schedule = entry->schedule;
  if (schedule.attempts() == 1) {
    rtt_.sample(now - schedule.first_send());
  } else {
    rtt_.backed_off(schedule.backoff());
  }
  ++counters_.replies;
  finish(*asked, RawOutcome::kReply, datagram.payload, now);
}

bool RawClientCore::is_server(const Endpoint& peer) const {
  if (peer == options_.server) return true;
  // An address that one side names without its scope is compared without.
  const IpAddress& server = options_.server.address();
  const IpAddress& address = peer.address();
  if (server.scope() != 0 && address.scope() != 0) return false;
  return peer.port() == options_.server.port() && address.with_scope(0) == server.with_scope(0);
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
  pending_.for_each([&](RequestId request, const Pending::Entry& entry) {
    // What was not sent yet cannot have been refused.
    if (entry.schedule.attempts() > 0) finish(request, RawOutcome::kRefused, {}, now);
  });
}

void RawClientCore::handle_hint(ErrorCode hint, Instant now) {
  hint_ = hint;
  hinted_ = now;
}

void RawClientCore::finish(RequestId request, RawOutcome outcome, Bytes body, Instant now) {
  const Pending::Entry& entry = *pending_.find(request);
  const RetrySchedule& schedule = entry.schedule;
  RawFinished finished{.request = request,
                       .outcome = outcome,
                       .body = body,
                       .attempts = schedule.attempts(),
                       .elapsed = now - schedule.first_send()};
  if (outcome == RawOutcome::kReply) {
    if (finished.attempts == 1) finished.round_trip = finished.elapsed;
  } else {
    spent_ = true;
  }
  if (outcome == RawOutcome::kNoAnswer && hinted_ >= schedule.first_send()) finished.hint = hint_;
  if (ids_) ids_->end(entry.details.id, outcome);
  last_outcome_ = outcome;
  pending_.remove(request);
  events_.push(finished);
}

std::optional<RawEvent> RawClientCore::poll_event() {
  if (events_.empty()) return std::nullopt;
  return events_.pop();
}

bool RawClientCore::room_for_event() const {
  // Each request in flight keeps room for its end, so that no end is ever lost: request() and
  // poll_transmit() hold back when one thing more would not fit, and finish() turns the one into
  // the other.
  return pending_.size() + events_.size() < events_.capacity();
}

// Time.

void RawClientCore::handle_timeout(Instant now) {
  while (const auto due = pending_.pop_due(now)) {
    if (pending_.find(*due)->schedule.gives_up(now)) {
      finish(*due, RawOutcome::kNoAnswer, {}, now);
    } else {
      pending_.queue(*due);
    }
  }
}

}  // namespace volley
