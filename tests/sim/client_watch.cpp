#include "client_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kNumbersWindow = 65'536;
constexpr std::size_t kSafeSize = 1'200;

/// protocol.md §1.1.
Duration age_of(Instant first, Instant local) {
  const Duration run = local - first;
  return run + run / 1'000 + 10ms;
}

}  // namespace

void ClientWatch::violate(Instant now, std::string oracle, const std::string& what) {
  seat_.verdict.violate(now, std::move(oracle), seat_.name + ' ' + what);
}

void ClientWatch::received(Bytes datagram) {
  disturb();
  const auto header = read_header(datagram);
  if (!header) return;
  const auto id = std::ranges::find(ids_, header->client_id, &Id::client_id);
  if (id == ids_.end()) return;
  if (datagram.size() == kHeaderSize) ++news_;
  FrameWalk walk{datagram};
  while (const auto frame = walk.next()) {
    const bool refuses = frame->nacks(WireNack::kBusy) || frame->nacks(WireNack::kNever);
    Flight* const flight = refuses ? id->flights->find(frame->seq) : nullptr;
    if (flight != nullptr) flight->refused = true;
    if (frame->type == WireType::kPong || frame->deferred() || frame->attempt == 255) continue;
    const Flight* const answered = id->flights->find(frame->seq);
    if (answered == nullptr || answered->attempt != frame->attempt) continue;
    answered_ = std::max(answered_, answered->order);
  }
}

void ClientWatch::sent(Bytes datagram, Instant local, std::size_t open, Instant now) {
  const auto header = read_header(datagram);
  if (!header || header->from_server) {
    return violate(now, "well-formed", "writes a datagram without a right header");
  }
  check_header(*header, now);
  Id& id = find_id(header->client_id, now);
  check_lowest(*header, id, now);
  check_shape(*header, datagram, now);
  FrameWalk walk{datagram};
  ++order_;
  while (const auto frame = walk.next()) take_frame(id, *frame, local, open, now);
  if (walk.malformed()) violate(now, "well-formed", "writes a malformed frame");
}

void ClientWatch::check_header(const WireHeader& header, Instant now) {
  if ((header.epoch == 0) != (header.ticket == 0)) {
    violate(now, "header", "holds an epoch without a ticket, or the other way");
  }
  if (header.epoch == epoch_) {
    if (header.turn != turn_) violate(now, "turn", "changes its turn and not its epoch");
    return;
  }
  // protocol.md §5.3: the turn proves that what is believed now came later than what was before.
  const std::size_t order = seat_.lives.order(header.epoch);
  if (order == 0) violate(now, "epochs", "believes an epoch that no server had");
  if (order < seat_.lives.order(epoch_)) violate(now, "epochs", "goes back to an earlier epoch");
  const auto turns = static_cast<std::uint8_t>(header.turn - turn_);
  if (turns == 0) violate(now, "turn", "changes its epoch and not its turn");
  epoch_ = header.epoch;
  turn_ = header.turn;
  epochs_ += turns;
}

/// protocol.md §5.10: a new client_id stays with its worker, and only the former is used beside it.
ClientWatch::Id& ClientWatch::find_id(std::uint64_t client_id, Instant now) {
  const auto id = std::ranges::find(ids_, client_id, &Id::client_id);
  if (id != ids_.end()) {
    if (ids_.end() - id > 2) violate(now, "client_id", "uses a third client_id");
    return *id;
  }
  if (!ids_.empty() && (ids_.back().client_id ^ client_id) >> 48U != 0) {
    violate(now, "client_id", "leaves its worker with a new client_id");
  }
  return ids_.emplace_back(client_id, 1, &seat_.numbers.of(client_id));
}

void ClientWatch::check_lowest(const WireHeader& header, Id& id, Instant now) {
  if (header.note < id.lowest) violate(now, "lowest unfinished", "takes a lowest unfinished back");
  // Those that were never seen were never sent.
  if (id.lowest == 1) id.lowest = header.note;
  for (; id.lowest < header.note; ++id.lowest) {
    const Flight* const flight = id.flights->find(id.lowest);
    if (flight == nullptr || flight->idempotent || flight->refused) continue;
    if (seat_.books.find(flight->uid)->state == RequestRecord::State::kOpen) {
      violate(now, "lowest unfinished", fmt::format("gives number {} up too early", id.lowest));
    }
  }
}

void ClientWatch::check_shape(const WireHeader& header, Bytes datagram, Instant now) {
  FrameWalk walk{datagram};
  std::size_t frames = 0;
  bool only_idempotent = true;
  bool again = false;
  while (const auto frame = walk.next()) {
    ++frames;
    only_idempotent = only_idempotent && frame->idempotent();
    again = again || (frame->type != WireType::kPing && frame->attempt > 1);
  }
  // protocol.md §5.2.
  if (header.epoch == 0 && frames > 0 && !(frames == 1 && only_idempotent)) {
    violate(now, "first contact", "sends requests to a server it does not know");
  }
  // protocol.md §8.1 and §8.3: what is larger travels alone.
  const std::size_t most = again ? kSafeSize : seat_.profile.datagram_size;
  if (frames > 1 && datagram.size() > most) {
    violate(now, "datagram size", fmt::format("packs {} bytes", datagram.size()));
  }
}

void ClientWatch::take_frame(const Id& id, const WireFrame& frame, Instant local, std::size_t open,
                             Instant now) {
  if (frame.type == WireType::kPing) return;
  if (frame.type != WireType::kRequest && frame.type != WireType::kProbe) {
    return violate(now, "well-formed", "sends a server's frame");
  }
  if (id.flights->is_absurd(frame.seq)) {
    return violate(now, "numbers", "has left out millions of numbers");
  }
  Flight& flight = id.flights->at(frame.seq);
  // protocol.md §5.7: what the server keeps apart from what it forgot.
  const bool in_window = frame.seq >= id.lowest && frame.seq - id.lowest < kNumbersWindow;
  if (!frame.idempotent() && !in_window) {
    violate(now, "window", fmt::format("sends {} with {} the lowest", frame.seq, id.lowest));
  }
  if (!flight.seen) {
    take_first(flight, frame, local, now);
  } else {
    take_next(flight, frame, local, open, now);
  }
  flight.last = local;
  flight.order = order_;
  flight.news = news_;
  flight.epochs = epochs_;
  flight.disturbance = disturbance_;
}

void ClientWatch::take_first(Flight& flight, const WireFrame& frame, Instant local, Instant now) {
  const auto uid = frame.type == WireType::kRequest ? uid_of(frame.body) : std::nullopt;
  if (!uid || seat_.books.find(*uid) == nullptr) {
    return violate(now, "request intact", "sends a first frame that is no request of ours");
  }
  const RetryPolicy& policy = seat_.profile.policy;
  flight.seen = true;
  flight.uid = *uid;
  flight.idempotent = frame.idempotent();
  flight.first = local;
  flight.attempt = frame.attempt;
  flight.least_wait =
      policy.adaptive ? std::min(policy.floor, policy.first_wait) : policy.first_wait;
  if (frame.attempt != 1) violate(now, "attempt", "does not begin with attempt 1");
  if (seat_.books.find(*uid)->state != RequestRecord::State::kOpen) {
    violate(now, "after the end", "sends " + seat_.books.name(*uid) + " after its outcome");
  }
  seat_.books.write(*uid, now);
}

void ClientWatch::take_next(Flight& flight, const WireFrame& frame, Instant local, std::size_t open,
                            Instant now) {
  const auto name = [&] { return seat_.books.name(flight.uid); };
  const bool copy = frame.type == WireType::kRequest;
  if (copy && (uid_of(frame.body) != flight.uid || frame.idempotent() != flight.idempotent)) {
    violate(now, "request intact", "gives the number of " + name() + " to another");
  }
  if (!copy && flight.idempotent) violate(now, "probe", "probes for idempotent " + name());
  if (seat_.books.find(flight.uid)->state != RequestRecord::State::kOpen) {
    violate(now, "after the end", "sends " + name() + " after its outcome");
  }
  if (frame.attempt != std::min(flight.attempt + 1, 255)) {
    violate(now, "attempt",
            fmt::format("counts {} of {} after {}", frame.attempt, name(), flight.attempt));
  }
  flight.attempt = frame.attempt;
  // protocol.md §5.7: the server counts on it.
  if (copy && !flight.idempotent && age_of(flight.first, local) >= 120s) {
    violate(now, "copies", "writes a copy of " + name() + " after 120 s");
  }
  check_gap(flight, frame, local - flight.last, open, now);
}

/// protocol.md §7.1: whether an answer to a later datagram showed that its latest frame was lost.
bool ClientWatch::overtaken(const Flight& flight, Duration gap) const {
  if (!seat_.profile.policy.adaptive || flight.order >= answered_) return false;
  return flight.order + 3 <= answered_ || gap >= 1ms;
}

/// protocol.md §5.6: each wait is twice the last, up to the cap, and grows by its jitter at most. A
/// request that becomes due at once is sent sooner, for a bare header (§5.3, §5.9) or a loss (§7.1)
/// only, and then the wait does not grow.
void ClientWatch::check_gap(Flight& flight, const WireFrame& frame, Duration gap, std::size_t open,
                            Instant now) {
  const RetryPolicy& policy = seat_.profile.policy;
  const auto name = [&] { return seat_.books.name(flight.uid); };
  if (flight.news == news_ && !overtaken(flight, gap)) {
    if (gap < flight.least_wait) {
      violate(now, "backoff",
              fmt::format("sends {} again after {} ns, not {}", name(), gap.count(),
                          flight.least_wait.count()));
    }
    flight.least_wait = std::min(2 * flight.least_wait, policy.cap);
    flight.hastened = 0;
  } else if (gap < flight.least_wait) {
    // Once for a bare header, three times for a loss; and for each new epoch (§5.9).
    constexpr unsigned kMostHastened = 4;
    const bool counts = flight.epochs == epochs_ && !seat_.profile.faults.has(Fault::kHints);
    if (counts && ++flight.hastened > kMostHastened) {
      violate(now, "backoff", "hastens " + name() + " too often within one wait");
    }
  } else {
    flight.hastened = 0;
  }
  // Nothing else was going on, so the gaps are the waits.
  constexpr Duration kSlack = 1ms;
  if (flight.disturbance == disturbance_ && open == 1 && frame.attempt > 2) {
    const auto wait = Duration{static_cast<Duration::rep>(
        static_cast<double>((flight.gap - kSlack).count()) / (1 + policy.jitter))};
    if (flight.gap > Duration{} && gap < std::min(2 * wait, policy.cap)) {
      violate(
          now, "backoff",
          fmt::format("waits {} ns for {}, after {} ns", gap.count(), name(), flight.gap.count()));
    }
    if (gap > policy.cap + kSlack) violate(now, "backoff", "waits longer than the cap");
  }
  flight.gap = flight.disturbance == disturbance_ && open == 1 ? gap : Duration{};
}

}  // namespace volley::sim
