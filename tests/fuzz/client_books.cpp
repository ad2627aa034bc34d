#include "client_books.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <string_view>

#include "base/random.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

// protocol.md §9.
constexpr std::uint32_t kWindow = 65'536;
constexpr std::size_t kSizeOfCopies = 1'200;
constexpr std::uint8_t kLastAttempt = 255;
constexpr Duration kCopiesWithin = std::chrono::seconds{120};
constexpr Duration kRefusalsWithin = std::chrono::seconds{240};

/// protocol.md §1.1.
Duration age(Duration elapsed) {
  return elapsed + elapsed / 1'000 + std::chrono::milliseconds{10};
}

std::size_t hash_of(std::uint16_t status, Bytes body) {
  return std::hash<std::string_view>{}(as_text(body)) * 65'537 + status;
}

std::optional<std::uint64_t> uid_of(Bytes body) {
  std::uint64_t uid = 0;
  if (body.size() < sizeof uid) return std::nullopt;
  std::memcpy(&uid, body.data(), sizeof uid);
  return uid;
}

}  // namespace

std::vector<std::byte> ClientBooks::body_of(std::uint64_t uid, std::size_t size) {
  std::vector<std::byte> body(size, static_cast<std::byte>(mix_bits(uid)));
  if (size >= sizeof uid) std::memcpy(body.data(), &uid, sizeof uid);
  return body;
}

void ClientBooks::asks(RequestId id, const Asked& asked, Instant now) {
  require(!open_.contains(id), "a request has a name of its own");
  open_[id] = {.asked = asked, .made = now};
  all_.push_back(id);
  if (asked.size >= sizeof asked.uid) by_uid_[asked.uid] = id;
}

void ClientBooks::pings(std::uint64_t opaque, std::size_t size) {
  require(!pings_.contains(opaque), "a ping has an opaque of its own");
  pings_[opaque] = {.size = size};
}

void ClientBooks::sends(const Transmit& transmit, Bytes datagram, Instant now) {
  require(transmit.peer == seat_.server, "a client sends to its server only");
  require(transmit.datagrams() == 1, "a client writes one datagram at a time");
  const auto header = sim::read_header(datagram);
  require(header && !header->from_server, "a client's datagrams have its header");
  check_header(*header);
  sim::FrameWalk walk{datagram};
  std::size_t frames = 0;
  bool copies = false;
  bool all_idempotent = true;
  while (const auto frame = walk.next()) {
    ++frames;
    copies |= frame->attempt > 1;
    all_idempotent &= frame->idempotent();
    check_frame(*header, *frame, now);
    if (frame->type != sim::WireType::kPing) continue;
    const auto ping = pings_.find(frame->opaque);
    require(ping != pings_.end() && ping->second.size == datagram.size(), "a ping is as asked for");
    ping->second.sent = true;
  }
  require(!walk.malformed(), "a client's frames are well formed");
  require(frames <= 1 || datagram.size() <= seat_.datagram_size, "frames share a short datagram");
  require(frames <= 1 || !copies || datagram.size() <= kSizeOfCopies, "copies share 1,200 octets");
  require(header->epoch != 0 || frames == 0 || (frames == 1 && all_idempotent),
          "a first contact is bare, or one idempotent request");
}

void ClientBooks::check_header(const sim::WireHeader& header) {
  require(
      tickets_.contains({header.epoch, header.ticket}) || (header.epoch == 0 && header.ticket == 0),
      "a client holds an epoch and a ticket that it was told");
  check_epoch(header);
  auto& lowest = lowest_.try_emplace(header.client_id, header.note).first->second;
  require(header.note >= lowest, "the lowest unfinished number never falls");
  lowest = header.note;
  for (const auto& [id, request] : open_) {
    if (request.asked.idempotent || !request.key || request.key->first != header.client_id)
      continue;
    require(request.key->second >= lowest, "the lowest unfinished number passes none unfinished");
  }
}

/// protocol.md §5.3: an epoch is left only for one told by a bare header that repeats the turn.
void ClientBooks::check_epoch(const sim::WireHeader& header) {
  const bool next_turn = static_cast<std::uint8_t>(header.turn - turn_) == 1;
  if (epoch_ != 0 && header.epoch != epoch_ && next_turn) {
    const bool told = std::ranges::any_of(
        bares_, [&](const Bare& bare) { return bare.epoch == header.epoch && bare.turn == turn_; });
    require(told, "only a bare header with the present turn tells a new epoch");
  }
  require(header.epoch == epoch_ || header.turn != turn_, "with another epoch comes another turn");
  epoch_ = header.epoch;
  turn_ = header.turn;
}

/// Whose frame it is. nullptr if its body is too short to tell, and no earlier one told.
ClientBooks::Request* ClientBooks::find(const sim::WireHeader& header,
                                        const sim::WireFrame& frame) {
  const Key key{header.client_id, frame.seq};
  const auto known = by_key_.find(key);
  std::optional<RequestId> id;
  if (known != by_key_.end()) id = known->second;
  if (frame.type == sim::WireType::kRequest) {
    const auto uid = uid_of(frame.body);
    if (!uid) return nullptr;
    const auto named = by_uid_.find(*uid);
    require(named != by_uid_.end(), "what is sent was asked for");
    require(!id || *id == named->second, "a number is one request's");
    id = by_key_[key] = named->second;
  }
  if (!id) return nullptr;
  const auto request = open_.find(*id);
  require(request != open_.end(), "nothing is sent for a request that has ended");
  return &request->second;
}

void ClientBooks::check_frame(const sim::WireHeader& header, const sim::WireFrame& frame,
                              Instant now) {
  using enum sim::WireType;
  require(frame.type == kRequest || frame.type == kProbe || frame.type == kPing,
          "a client sends no server's frame");
  if (frame.type == kPing) return;
  check_number(header, frame);
  Request* const request = find(header, frame);
  if (request == nullptr) return;
  const Key key{header.client_id, frame.seq};
  require(!request->key || *request->key == key, "a request keeps its number");
  request->key = key;
  ++request->frames;
  require(frame.attempt == std::min<unsigned>(request->frames, kLastAttempt),
          "an attempt is one more than the last");
  if (request->frames == 1) request->first = now;
  if (!request->asked.idempotent) check_copy(*request, header, frame, now);
  if (frame.type == kProbe) {
    return require(!request->asked.idempotent, "no idempotent request is asked after");
  }
  require(frame.idempotent() == request->asked.idempotent, "all copies say the same");
  require(std::ranges::equal(frame.body, body_of(request->asked.uid, request->asked.size)),
          "a body is sent as it was given");
}

/// protocol.md §5.7, §5.9.
void ClientBooks::check_copy(Request& request, const sim::WireHeader& header,
                             const sim::WireFrame& frame, Instant now) {
  require(frame.type == sim::WireType::kProbe || age(now - request.first) < kCopiesWithin,
          "no copy is sent after 120 s");
  const bool moved = request.frames > 1 && header.epoch != request.epoch;
  request.epoch = header.epoch;
  if (!moved) return;
  const bool proven = std::ranges::any_of(bares_, [&](const Bare& bare) {
    return bare.epoch == header.epoch && age(bare.heard - request.first) < bare.uptime;
  });
  require(proven, "a request goes to another life of the server only if that began before it");
}

void ClientBooks::check_number(const sim::WireHeader& header, const sim::WireFrame& frame) {
  if (frame.idempotent()) return;
  require(frame.seq >= header.note, "no number below the lowest unfinished is sent");
  require(frame.seq - header.note < kWindow, "no number beyond the window is sent");
  require(header.epoch != 0, "only an idempotent request is sent without an epoch");
}

void ClientBooks::hears(Bytes datagram, Instant now) {
  const auto header = sim::read_header(datagram);
  if (!header || !header->from_server) return;
  tickets_.insert({header->epoch, header->ticket});
  epochs_.insert(header->epoch);
  if (datagram.size() == sim::kHeaderSize) {
    bares_.push_back({.epoch = header->epoch,
                      .turn = header->turn,
                      .uptime = std::chrono::milliseconds{header->note},
                      .heard = now});
  }
  sim::FrameWalk walk{datagram};
  while (const auto frame = walk.next()) {
    Said& said = said_[{header->client_id, frame->seq}];
    if (frame->type == sim::WireType::kReply)
      said.replies.insert(hash_of(frame->status, frame->body));
    if (frame->type == sim::WireType::kWorking) said.ran = true;
    if (frame->nacks(sim::WireNack::kReplyGone)) said.ran = true;
    if (frame->nacks(sim::WireNack::kBusy) || frame->nacks(sim::WireNack::kNever)) {
      said.refused = true;
    }
  }
}

void ClientBooks::happens(const ClientEvent& event, Instant now) {
  require(event.answer.has_value() != event.pong.has_value(), "an event is one of the two");
  if (event.pong) {
    const auto ping = pings_.find(event.pong->opaque);
    require(ping != pings_.end() && ping->second.sent, "an echo is of a ping that was sent");
    require(!ping->second.echoed, "a ping is echoed once");
    require(event.pong->size == ping->second.size, "an echo is as long as its ping");
    require(event.pong->round_trip >= Duration::zero(), "an echo takes time");
    ping->second.echoed = true;
    return;
  }
  const auto request = open_.find(event.request);
  require(request != open_.end(), "each request ends once");
  check_end(request->second, *event.answer, now);
  open_.erase(request);
}

void ClientBooks::check_end(const Request& request, const Answer& answer, Instant now) {
  const Duration limit = request.asked.timeout;
  require(answer.elapsed >= Duration::zero() && answer.elapsed <= limit,
          "a request ends by its deadline");
  if (request.asked.size < sizeof request.asked.uid) return;
  require(answer.attempts == request.frames, "attempts are what was sent");
  const Said* said = nullptr;
  if (request.key && said_.contains(*request.key)) said = &said_[*request.key];
  switch (answer.outcome) {
    case Outcome::kReply:
      return require(said != nullptr && said->replies.contains(hash_of(answer.status, answer.body)),
                     "a reply is what the server said");
    case Outcome::kNotExecuted:
      return check_not_executed(request, answer.reason, said != nullptr && said->refused, now);
    case Outcome::kExecutedReplyLost:
      return require(said != nullptr && said->ran,
                     "what was executed is what the server says so of");
    case Outcome::kUnknown:
      return require(request.frames > 0, "what was never sent was not executed");
  }
}

void ClientBooks::check_not_executed(const Request& request, Reason reason, bool refused,
                                     Instant now) const {
  if (request.frames == 0) return;
  require(!request.asked.idempotent, "what may run again is not known not to have run");
  if (reason == Reason::kBusy || reason == Reason::kNever) {
    require(refused, "a refusal is what the server said");
    return require(age(now - request.first) < kRefusalsWithin,
                   "no refusal is believed after 240 s");
  }
  require(reason == Reason::kRestarted && epochs_.size() > 1,
          "what was sent is not executed by a word of the server, or after its restart");
}

}  // namespace volley::fuzz
