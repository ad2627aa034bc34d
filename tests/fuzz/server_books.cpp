#include "server_books.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>

#include "target.hpp"

namespace volley::fuzz {
namespace {

using namespace std::chrono_literals;

// protocol.md §3.3, §6.8, §6.3, §8.
constexpr Duration kTicketGood = 60s;
constexpr Duration kTicketDead = 120s;
constexpr Duration kLife = 247s;
constexpr std::int64_t kMostAmplification = 3;
constexpr std::size_t kMostTogether = 1'200;
constexpr std::size_t kMostSegments = 64;

std::size_t hash_of(std::uint16_t status, Bytes body) {
  return std::hash<std::string_view>{}(as_text(body)) * 65'537 + status;
}

bool may_be_answered(const Endpoint& from) {
  return from.port() != 0 && !from.address().is_multicast() &&
         from.address() != IpAddress::v4(255, 255, 255, 255);
}

}  // namespace

std::uint64_t ServerBooks::ticket(const Endpoint& peer) const {
  const auto found = addresses_.find(peer);
  return found == addresses_.end() ? 0 : found->second.ticket;
}

void ServerBooks::arrives(Bytes datagram, const Endpoint& from, Instant now) {
  arrival_ = {.datagram = datagram, .from = from};
  const auto header = sim::read_header(datagram);
  if (!header || header->from_server || !may_be_answered(from)) return;
  if ((header->client_id >> 48U) % seat_.workers != seat_.worker) return;
  Address& address = addresses_[from];
  arrival_.header = *header;
  address.client_ids.insert(header->client_id);
  read_frames(address);
  const auto size = static_cast<std::int64_t>(datagram.size());
  address.budget += arrival_.only_idempotent ? kMostAmplification * size : size;

  forget_silent(header->client_id, now);
  const auto written = address.written.find(header->ticket);
  if (header->epoch != seat_.epoch || written == address.written.end()) return;
  const Duration age = now - written->second;
  arrival_.right = age <= kTicketDead;
  address.proven |= arrival_.right;
  if (arrival_.valid && age <= kTicketGood) lives_[header->client_id].alive = now;
}

void ServerBooks::forget_silent(std::uint64_t client_id, Instant now) {
  const Life& life = lives_[client_id];
  if (life.running > 0 || now - life.alive < kLife) return;
  const auto first = numbers_.lower_bound({client_id, 0});
  const auto last = numbers_.upper_bound({client_id, UINT32_MAX});
  for (auto number = first; number != last; ++number) {
    number->second.started = false;
    number->second.refused = false;
  }
}

void ServerBooks::read_frames(Address& address) {
  sim::FrameWalk walk{arrival_.datagram};
  std::size_t frames = 0;
  while (const auto frame = walk.next()) {
    arrival_.only_idempotent = frames++ == 0 && frame->idempotent();
    const Key key{arrival_.header.client_id, frame->seq};
    if (frame->idempotent()) numbers_[key].mixed = true;
    if (frame->type == sim::WireType::kPing) address.pings.insert({frame->opaque, frame->size});
  }
  arrival_.valid = !walk.malformed();
  arrival_.only_idempotent &= arrival_.valid;
}

ServerBooks::Handler ServerBooks::starts(const Execution& execution, Instant now) {
  require(arrival_.valid, "nothing runs that came in a datagram to drop");
  require(execution.peer == arrival_.from && execution.local == seat_.local,
          "a handler is told where its request came from");
  sim::FrameWalk walk{arrival_.datagram};
  auto frame = walk.next();
  while (frame &&
         (frame->type != sim::WireType::kRequest || frame->body.data() != execution.body.data())) {
    frame = walk.next();
  }
  require(frame.has_value(), "what runs is a REQUEST of the datagram");
  require(frame->body.size() == execution.body.size(), "a handler gets the whole body");
  require(frame->idempotent() == execution.idempotent, "a handler is told what may run again");
  require(arrival_.right || (frame->idempotent() && arrival_.only_idempotent),
          "without a ticket only one idempotent request runs");
  const Handler handler{.id = execution.id,
                        .key = {arrival_.header.client_id, frame->seq},
                        .idempotent = frame->idempotent()};
  Number& number = numbers_[handler.key];
  number.ran = true;
  ++running_;
  if (handler.idempotent) return handler;
  require(frame->seq >= arrival_.header.note, "nothing below the lowest unfinished runs");
  require(!number.started, "a number runs at most once");
  require(!number.refused, "a number that was refused never runs");
  number.started = true;
  Life& life = lives_[handler.key.first];
  life.alive = now;
  ++life.running;
  return handler;
}

void ServerBooks::ends(const Handler& handler, std::optional<std::uint16_t> status, Bytes body,
                       Instant now) {
  --running_;
  if (status) numbers_[handler.key].replies.insert(hash_of(*status, body));
  if (handler.idempotent) return;
  Life& life = lives_[handler.key.first];
  life.alive = now;
  --life.running;
}

void ServerBooks::sends(const Transmit& transmit, Bytes octets, Instant now) {
  const auto address = addresses_.find(transmit.peer);
  require(address != addresses_.end(), "a server answers only who asked");
  require(transmit.local == seat_.local.address(), "an answer comes from where it was asked");
  require(transmit.datagrams() <= kMostSegments, "a run has at most 64 datagrams");
  require(transmit.size > 0 && transmit.size <= kMaxPayload, "a run has at most 65,507 octets");
  const std::size_t segment = transmit.segment_size == 0 ? octets.size() : transmit.segment_size;
  while (!octets.empty()) {
    const Bytes datagram = octets.first(std::min(segment, octets.size()));
    octets = octets.subspan(datagram.size());
    check_datagram(address->second, datagram, now);
  }
}

void ServerBooks::check_datagram(Address& address, Bytes datagram, Instant now) {
  const auto header = sim::read_header(datagram);
  require(header && header->from_server, "a server's datagrams have its header");
  require(header->epoch == seat_.epoch, "a server tells its own epoch");
  require(address.client_ids.contains(header->client_id), "an answer is for who asked from there");
  const auto lived = std::chrono::floor<std::chrono::milliseconds>(now - seat_.birth).count();
  require(header->note == std::clamp<std::int64_t>(lived, 0, UINT32_MAX), "the uptime is right");
  address.budget -= static_cast<std::int64_t>(datagram.size());
  require(address.proven || address.budget >= 0, "who showed no ticket gets no more than allowed");
  address.ticket = header->ticket;
  address.written[header->ticket] = now;

  sim::FrameWalk walk{datagram};
  std::size_t frames = 0;
  while (const auto frame = walk.next()) {
    ++frames;
    check_frame(address, header->client_id, *frame);
  }
  require(!walk.malformed(), "a server's frames are well formed");
  require(frames == 1 || datagram.size() <= kMostTogether, "a long datagram has one frame");
}

void ServerBooks::check_frame(const Address& address, std::uint64_t client_id,
                              const sim::WireFrame& frame) {
  using enum sim::WireType;
  if (frame.type == kPong) {
    return require(address.pings.contains({frame.opaque, frame.size}), "a PONG repeats a PING");
  }
  require(frame.type == kReply || frame.type == kNack || frame.type == kWorking,
          "a server sends no client's frame");
  Number& number = numbers_[{client_id, frame.seq}];
  if (frame.type == kReply) {
    return require(number.replies.contains(hash_of(frame.status, frame.body)),
                   "a REPLY is what a handler answered");
  }
  if (frame.type == kWorking || frame.nacks(sim::WireNack::kReplyGone)) {
    return require(number.ran, "only what ran is said to have run");
  }
  if (frame.nacks(sim::WireNack::kOverload) || number.mixed) return;
  require(!number.started, "what ran is not said to be refused");
  number.refused = true;
}

}  // namespace volley::fuzz
