// What a client sends, and how it shares datagrams.

#include <algorithm>
#include <cstdint>

#include "base/check.hpp"
#include "core/client_packing.hpp"
#include "core/client_state.hpp"
#include "core/planted.hpp"

namespace volley {
namespace {

std::uint8_t on_the_wire(unsigned attempt) {
  return static_cast<std::uint8_t>(std::min<unsigned>(attempt, kLastAttempt));
}

}  // namespace

std::optional<Transmit> ClientState::next_datagram(MutableBytes buffer, Instant now) {
  VOLLEY_CHECK(buffer.size() >= kMaxPayload);
  if (!server_.known()) return first_contact(buffer, now);
  if (tell_former_ || tell_at_ <= now) {
    const std::size_t told = tell_former_ ? present_ ^ 1U : present_;
    if (!tell_former_) tell_at_ = Instant::max();
    tell_former_ = false;
    if (window_.room() > 0) {
      return bare_header(buffer, numbers_[told], later(now, rtt_.timeout()), now);
    }
  }
  // protocol.md §5.2: a ticket so old may be refused, and then one datagram is wasted.
  const bool old_ticket = now - server_.ticket_instant() > kTicketAtLeast;
  if (window_.room() == 0 || (old_ticket && !window_.idle())) return std::nullopt;
  if (pings_.queued()) return send_ping(buffer, now);
  return send_requests(buffer, now);
}

/// protocol.md §5.2: while no epoch is held, one bare header or one idempotent request at a time.
std::optional<Transmit> ClientState::first_contact(MutableBytes buffer, Instant now) {
  if (now < contact_until_ || gives_up_contact(now)) return std::nullopt;
  if (!anything_waits()) {
    contact_ = {};
    return std::nullopt;
  }
  close_bare(false, now);
  if (window_.room() == 0) return std::nullopt;
  Packing packing{buffer, run_limit(), window_, mean_reply_ / 16};
  if (add_first_contact(packing, now)) {
    contact_until_ = packing.wait_end;
    return finish(packing, now);
  }
  contact_.sent(options_.policy, rtt_.timeout(), now);
  contact_until_ = later(now, contact_.wait(options_.policy, jitter_.unit()));
  ++contacts_;
  contacted_ = now;
  return bare_header(buffer, numbers_[present_], contact_until_, now);
}

/// Adds an idempotent request, if one is next and shares datagrams.
bool ClientState::add_first_contact(Packing& packing, Instant now) {
  if (numbers_[present_].used_up()) renew_client_id();
  const SlotList& list = due_.empty() ? queue_ : due_;
  if (list.empty() || !requests_[list.front()].idempotent) return false;
  if (!packing.shares(request_size(list.front()))) return false;
  return due_.empty() ? add_queued(packing, 1, now) : add_due(packing, now);
}

std::optional<Transmit> ClientState::bare_header(MutableBytes buffer, const ClientNumbers& numbers,
                                                 Instant until, Instant now) {
  close_bare(false, now);  // One at a time is in flight.
  const std::size_t weight = window_.weight(0);
  const Slot slot = sent_.add({.sent = now,
                               .weight = weight,
                               .stamp = server_.stamp(),
                               .kind = SentDatagram::Kind::kBare,
                               .window_used = window_.sent(weight, rtt_.timeout(), now)});
  sent_.wake_by(slot, until);
  bare_ = slot;
  Transmit transmit = seal(buffer.first(ClearChannel::kFront + ClearChannel::kBack), numbers);
  transmit.alone = true;  // protocol.md §8.2.
  return transmit;
}

/// In a datagram of its own, so that its echo comes in one.
std::optional<Transmit> ClientState::send_ping(MutableBytes buffer, Instant now) {
  const std::size_t size = pings_.next_size();
  const std::size_t weight = window_.weight(size - ClearChannel::kFront - ClearChannel::kBack);
  if (!window_.idle() && weight > window_.room()) return std::nullopt;
  const Frame frame = pings_.send(now);
  FrameWriter frames{buffer.subspan(ClearChannel::kFront)};
  VOLLEY_CHECK(frames.write(frame));
  RetrySchedule schedule;
  schedule.sent(options_.policy, rtt_.timeout(), now);
  const Slot slot = sent_.add({.sent = now,
                               .ping = frame.opaque,
                               .weight = weight,
                               .stamp = server_.stamp(),
                               .kind = SentDatagram::Kind::kPing,
                               .window_used = window_.sent(weight, rtt_.timeout(), now)});
  sent_.wake_by(slot, later(now, schedule.wait(options_.policy, jitter_.unit())));
  pings_.sent_in(frame.opaque, slot);
  return seal(buffer.first(size), numbers_[present_]);
}

/// protocol.md §8.1: as many frames as fit, what is sent again first.
std::optional<Transmit> ClientState::send_requests(MutableBytes buffer, Instant now) {
  if (!requests_wait()) return std::nullopt;
  if (numbers_[present_].used_up()) renew_client_id();
  if (due_.empty() && !unsent_.empty()) {
    if (const auto sent = send_page(buffer, now)) return sent;
  }
  Packing packing{buffer, run_limit(), window_, mean_reply_ / 16};
  while (!due_.empty() && add_due(packing, now)) continue;
  if (due_.empty()) {
    if (!unsent_.empty()) take_apart_unsent();  // They may share this one.
    add_queued(packing, SIZE_MAX, now);
  }
  if (packing.empty()) return std::nullopt;
  return finish(packing, now);
}

/// Adds the first of those to be sent again; no if it has to wait.
bool ClientState::add_due(Packing& packing, Instant now) {
  const Slot slot = due_.front();
  ClientRequest& request = requests_[slot];
  const bool probed = is_probed(request, now);
  const std::size_t size = probed ? head_size(FrameType::kProbe) : request_size(slot);
  if (!packing.fits(size, request.numbers)) return false;
  if (!packing.take_deadline(request.schedule.deadline(), now)) return false;
  due_.erase(requests_, slot);
  begin(packing, request.numbers, now);
  if (probed) {
    packing.write({.type = FrameType::kProbe,
                   .attempt = on_the_wire(request.schedule.attempts() + 1),
                   .sequence = request.sequence});
    ++counters_.probes;
  } else {
    packing.write({.type = FrameType::kRequest,
                   .attempt = on_the_wire(request.schedule.attempts() + 1),
                   .idempotent = request.idempotent,
                   .sequence = request.sequence,
                   .ttl_ms = packing.ttl_ms(),
                   .body = requests_.body(slot)});
  }
  if (request.backs_off) {
    request.schedule.sent(options_.policy, packing.first_wait, now);
  } else {
    request.schedule.sent_early();
  }
  request.backs_off = false;
  request.answered = false;
  request.stamped = server_.known();
  request.datagram = packing.datagram;
  ++counters_.attempts;
  sent_[packing.datagram].requests.push_back(requests_, slot);
  set_timer(packing, request);
  return true;
}

/// Adds those never sent, so many at most; no if the first has to wait. They stand in the
/// datagram's list as they stood in the queue.
///
/// Each request passes here, and most just once: what they have in common is done once for all.
bool ClientState::add_queued(Packing& packing, std::size_t most, Instant now) {
  Slot slot = queue_.front();
  if (slot == kNoSlot || !packing.fits(request_size(slot), present_)) return false;
  ClientNumbers& numbers = numbers_[present_];
  if (requests_[slot].schedule.deadline() <= now || !numbers.can_give()) return false;
  begin(packing, present_, now);
  const Duration backoff = RetrySchedule::first_backoff(options_.policy, packing.first_wait);
  const bool stamped = server_.known();
  Slot last = kNoSlot;
  std::size_t written = 0;
  do {
    ClientRequest& request = requests_[slot];
    if (!packing.take_deadline(request.schedule.deadline(), now)) break;
    request.schedule.sent_first(backoff, now);
    request.sequence = numbers.give(slot);
    request.numbers = present_;
    request.state = State::kSent;
    request.stamped = stamped;
    request.datagram = packing.datagram;
    packing.write({.type = FrameType::kRequest,
                   .attempt = 1,
                   .idempotent = request.idempotent,
                   .sequence = request.sequence,
                   .ttl_ms = packing.ttl_ms(),
                   .body = requests_.body(slot)});
    ++written;
    last = slot;
    slot = request.links.after;
  } while (slot != kNoSlot && written < most && numbers.can_give() &&
           packing.fits_too(request_size(slot)));
  numbers.send(static_cast<std::uint32_t>(written));
  counters_.attempts += written;
  sent_[packing.datagram].requests.take_front(requests_, queue_, last);
  set_timer(packing, requests_[last]);
  return true;
}

/// protocol.md §5.7: whether to ask what became of a request that was sent, and not for it again.
bool ClientState::is_probed(const ClientRequest& request, Instant now) const {
  if (request.idempotent) return false;
  if (request.state == State::kWorking) return true;
  return age(now - request.schedule.start()) >= kCopiesWithin && !planted(Bug::kCopiesTooLate);
}

/// Has the frames of a datagram wait, if this is its first.
void ClientState::begin(Packing& packing, std::uint8_t numbers, Instant now) {
  if (!packing.empty()) return;
  packing.numbers = numbers;
  packing.datagram = sent_.add({.sent = now, .draw = jitter_.unit(), .stamp = server_.stamp()});
  packing.first_wait = rtt_.timeout();
}

/// The datagram wakes when the wait of that request ends, if not before: its deadline was taken.
void ClientState::set_timer(Packing& packing, const ClientRequest& request) {
  if (request.schedule.backoff() != packing.backoff) {
    packing.backoff = request.schedule.backoff();
    packing.wait_end = wait_end(sent_[packing.datagram], request);
  }
  packing.timer = std::min(packing.timer, packing.wait_end);
}

std::optional<Transmit> ClientState::finish(Packing& packing, Instant now) {
  SentDatagram& datagram = sent_[packing.datagram];
  datagram.weight = window_.weight(packing.charged());
  datagram.window_used = window_.sent(datagram.weight, packing.first_wait, now);
  sent_.wake_by(packing.datagram, packing.timer);

  return seal_in_run(packing.buffer(), packing.frames(), packing.numbers);
}

/// Makes a datagram of the frames that were written for one.
///
/// protocol.md §8.2: all but the last of a run are of one length. A few octets of PAD buy that.
Transmit ClientState::seal_in_run(MutableBytes buffer, FrameWriter frames, std::uint8_t numbers) {
  constexpr std::size_t kAround = ClearChannel::kFront + ClearChannel::kBack;
  const bool more = requests_wait() && window_.room() > 0;
  const std::size_t size = kAround + frames.size();
  if (more && size < run_size_ && run_size_ - size <= std::min(run_size_ / 16, frames.room())) {
    frames.pad_to(run_size_ - kAround);
  }
  // A longer one begins a run, a shorter one ends it.
  const std::size_t sealed = kAround + frames.size();
  run_size_ = sealed >= run_size_ ? sealed : 0;
  return seal(buffer.first(sealed), numbers_[numbers]);
}

/// The octets up to which frames share the next datagram.
std::size_t ClientState::run_limit() const {
  const std::size_t most =
      due_.empty() ? options_.datagram_size : std::min(options_.datagram_size, kDatagramSize);
  const bool in_run = run_size_ <= most && run_size_ >= most - most / 8;
  return in_run ? run_size_ : most;
}

/// protocol.md §5.10: a fresh client_id with the same worker, unless the former is still in use.
void ClientState::renew_client_id() {
  const std::uint8_t next = present_ ^ 1U;
  if (!numbers_[next].all_finished()) return;
  constexpr std::uint64_t kBelowSteering = (std::uint64_t{1} << 48U) - 1;
  const std::uint64_t old = std::to_underlying(numbers_[present_].id());
  const auto id_of = [&](std::uint64_t drawn) {
    return (old & ~kBelowSteering) | (drawn & kBelowSteering);
  };
  std::uint64_t drawn = options_.draw_secret();
  while (id_of(drawn) == 0 || id_of(drawn) == old) ++drawn;
  close_page();
  numbers_[next] = ClientNumbers{ClientId{id_of(drawn)}, Sequence{1}, options_.window};
  tell_former_ = numbers_[present_].all_finished();
  present_ = next;
  told_ = 1;
}

Transmit ClientState::seal(MutableBytes datagram, const ClientNumbers& numbers) {
  ClearChannel::seal({.from = Side::kClient,
                      .turn = server_.turn(),
                      .client_id = numbers.id(),
                      .epoch = server_.epoch(),
                      .ticket = server_.ticket(),
                      .note = numbers.lowest_unfinished()},
                     datagram);
  if (&numbers == &numbers_[present_]) {
    told_ = numbers.lowest_unfinished();
    tell_at_ = Instant::max();
  }
  ++counters_.sent;
  return {.peer = options_.server, .size = datagram.size()};
}

}  // namespace volley
