#include "core/client_state.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "core/client_end.hpp"
#include "core/request_error.hpp"

namespace volley {
namespace {

constexpr std::size_t kMaxWindow = 65'536;
constexpr std::size_t kLeastDatagramSize = 256;

/// protocol.md §5.2: a client_id that falls idle tells its L if the server keeps about so many
/// octets of replies for it. Each takes some memory beside its own.
constexpr std::size_t kTellFrom = std::size_t{16} * 1024;
constexpr std::size_t kKeptReply = 64;
constexpr Duration kIdle = std::chrono::seconds{1};

/// How long an echo is waited for, at most.
constexpr Duration kPingPatience = std::chrono::minutes{1};

ClientId fresh_client_id(const ClientCore::Options& options) {
  VOLLEY_CHECK(options.draw_secret);
  const std::uint64_t drawn = options.draw_secret();
  return ClientId{drawn == 0 ? 1 : drawn};
}

}  // namespace

ClientState::ClientState(ClientCore::Options options, Sequence first)
    : options_{std::move(options)},
      rtt_{options_.policy},
      window_{options_.datagram_size - ClearChannel::kFront - ClearChannel::kBack},
      jitter_{options_.seed},
      numbers_{ClientNumbers{fresh_client_id(options_), first, options_.window},
               ClientNumbers{ClientId{}, Sequence{1}, 1}},
      // One more than are unfinished: that of a request which is being told of.
      requests_{options_.window + 1},
      page_of_(options_.window + 1, kNoSlot),
      pages_{options_.datagram_size - ClearChannel::kFront - ClearChannel::kBack},
      // Of one request each, or a ping; a bare header; and one whose last request is being told of.
      sent_{options_.window + ClientPings::kPings + 2},
      pings_{std::min(options_.policy.give_up, kPingPatience)},
      ended_{options_.window + 1},
      pongs_{ClientPings::kPings},
      told_{std::to_underlying(first)} {
  VOLLEY_CHECK(options_.window > 0 && options_.window <= kMaxWindow);
  VOLLEY_CHECK(options_.datagram_size >= kLeastDatagramSize);
  VOLLEY_CHECK(options_.datagram_size <= kMaxPayload);
}

Error ClientState::refusal(Bytes body) const {
  if (body.size() > kMaxBody) return too_large_error(body.size(), kMaxBody, options_.server);
  return no_room_error(in_flight(), options_.server);
}

/// Takes a request that is not written as those before it: it begins a page, or has other times, or
/// lines up apart; or it is refused.
Slot ClientState::take_otherwise(Bytes body, const RequestOptions& options, Instant now) {
  if (body.size() > kMaxBody || !has_room()) return kNoSlot;
  const Duration timeout = options.timeout.value_or(options_.policy.give_up);
  const std::size_t size = MessageHead::kSize + body.size();
  const Slot slot = requests_.make();
  const bool fits = open_.fits(body.size());
  if (fits && !open_.all_have(now, timeout)) mix_times(slot, timeout, now);
  if (fits || open_page(size, timeout, now)) {
    const bool shares = open_.shares(options.idempotent, body.size());
    write_to_page(slot, shares, options.idempotent, body);
    return slot;
  }
  ++taken_;
  page_of_[slot] = kNoSlot;
  requests_[slot] = ClientRequest::made_at(now, later(now, timeout), options.idempotent);
  requests_.put_body(slot, body);
  line_up(queue_, slot);
  if (!server_.known()) hasten_contact(now);
  return slot;
}

/// A new request waits for a first contact no longer than a first wait, however often those before
/// it asked in vain.
void ClientState::hasten_contact(Instant now) {
  const Instant by = later(now, rtt_.timeout());
  if (by >= contact_until_) return;
  contact_until_ = by;
  contact_ = {};
}

/// A client that limits its attempts limits those to make contact too.
bool ClientState::gives_up_contact(Instant now) const {
  const unsigned most = options_.policy.max_attempts;
  return most != 0 && contact_.attempts() >= most && contact_until_ <= now && !server_.known();
}

void ClientState::cancel(RequestId request, Instant now) {
  const Slot slot = requests_.find(request);
  if (slot == kNoSlot) return;
  leave_page(slot);
  end_unanswered(slot, Reason::kCancelled, now);
}

Result<std::uint64_t> ClientState::ping(std::size_t size, Instant now) {
  if (size < ClientPings::kLeastSize || size > kMaxPayload) {
    return std::unexpected(ping_size_error(size, ClientPings::kLeastSize, options_.server));
  }
  const auto opaque = pings_.add(size, options_.draw_secret(), now);
  if (!opaque) return std::unexpected(no_room_for_ping_error(ClientPings::kPings, options_.server));
  if (!server_.known()) hasten_contact(now);
  return *opaque;
}

const ClientEvent* ClientState::poll_pong() {
  told_pong_ = {.pong = pongs_.pop()};
  return &told_pong_;
}

std::optional<Instant> ClientState::next_timeout() const {
  Instant next = std::min(tell_at_, sent_.next_timer().value_or(Instant::max()));
  if (requests_wait()) next = std::min(next, first_deadline_);
  const bool contact_waits = !server_.known() && contact_until_ != Instant::min();
  if (contact_waits && anything_waits() && window_.room() > 0) {
    next = std::min(next, contact_until_);
  }
  if (next == Instant::max()) return std::nullopt;
  return next;
}

/// Nothing of a datagram waits any more.
void ClientState::close(Slot datagram, Instant now) {
  const SentDatagram& closed = sent_[datagram];
  if (closed.weight > 0) {
    window_.left(closed.weight, now);
    if (closed.all_answered && closed.window_used) window_.answered(closed.weight);
  }
  if (datagram == bare_) bare_ = kNoSlot;
  if (closed.kind == SentDatagram::Kind::kPing) pings_.landed(closed.ping);
  if (datagram == resting_) resting_ = kNoSlot;
  if (closed.page.memory != kNoSlot) pages_.give_back(closed.page.memory);
  sent_.remove(datagram);
}

/// Nothing is in flight any more. protocol.md §5.2: a server that keeps much for the client is told
/// that it need not.
void ClientState::fall_idle(Instant now) {
  const std::size_t untold = numbers_[present_].lowest_unfinished() - told_;
  const bool much = untold * (mean_reply_ / 16 + kKeptReply) >= kTellFrom;
  if (much) tell_at_ = now + std::max(kIdle, rtt_.timeout());
}

/// Ends a request without a reply.
void ClientState::end(Slot slot, Outcome outcome, Reason reason, Instant now) {
  const ClientRequest& request = requests_[slot];
  ClientEvent& event = ended_.push();
  event.request = requests_.id_of(slot);
  event.answer = Answer{.outcome = outcome,
                        .reason = reason,
                        .attempts = request.schedule.attempts(),
                        .elapsed = now - request.made};
  if (hinted_ >= request.made) event.answer->hint = hint_;
  leave(slot, false, now);
}

/// Ends a request that nobody told anything of: protocol.md §5.8, "deadline, or cancelled".
void ClientState::end_unanswered(Slot slot, Reason reason, Instant now) {
  const ClientRequest& request = requests_[slot];
  switch (request.state) {
    case State::kQueued:
      end(slot, Outcome::kNotExecuted, reason, now);
      return;
    case State::kWorking:
      end(slot, Outcome::kExecutedReplyLost, reason, now);
      return;
    case State::kSent:
      if (reason == Reason::kNoAnswer && request.overloaded) reason = Reason::kOverloaded;
      end(slot, Outcome::kUnknown, reason, now);
      return;
  }
}

}  // namespace volley
