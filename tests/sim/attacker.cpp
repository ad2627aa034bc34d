#include "attacker.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kClientPort = 40'000;
// Bodies without one of our uids: nobody keeps books on them.
constexpr std::size_t kSmallBody = 16;

}  // namespace

Attacker::Attacker(Scene& scene)
    : scene_{scene},
      random_{scene.stream(40'000)},
      path_{scene.profile.clients},
      server_{scene.server.front()},
      client_id_{random_.next() | 1U},
      left_{scene.profile.attacks} {
  constexpr std::uint8_t kFootholds = 5;
  for (std::uint8_t i = 0; i < kFootholds; ++i) {
    footholds_.push_back({.endpoint = {scene.address(66, 0, i), 6'666}});
    scene.network.attach(footholds_.back().endpoint, *this, path_);
  }
  if (scene.has(Fault::kAttacker)) scene.world.at(Instant{}, *this, 0);
}

void Attacker::arrive(Packet packet) {
  // Only his own server's answers: the others' tickets are no use to him.
  const auto header = read_header(packet.bytes);
  const auto there = std::ranges::find(footholds_, packet.to, &Foothold::endpoint);
  if (header && header->from_server && packet.from == server_) there->held = *header;
  scene_.network.recycle(std::move(packet.bytes));
}

void Attacker::wake(std::uint64_t) {
  if (scene_.well() || left_ == 0) return;
  using Trick = void (Attacker::*)();
  constexpr std::array<Trick, 14> kTricks{&Attacker::contact,
                                          &Attacker::contact,
                                          &Attacker::ask,
                                          &Attacker::ask,
                                          &Attacker::probe_first,
                                          &Attacker::probe_first,
                                          &Attacker::send_again,
                                          &Attacker::send_again,
                                          &Attacker::replay,
                                          &Attacker::replay,
                                          &Attacker::use_ticket_elsewhere,
                                          &Attacker::flood_idempotent,
                                          &Attacker::flood_contexts,
                                          &Attacker::forge_server};
  here_ = random_.below(footholds_.size());
  // Under a new client_id nothing keeps the former's context alive.
  if (random_.below(30) == 0) {
    client_id_ = random_.next() | 1U;
    own_.clear();
  }
  const std::uint64_t trick = random_.below(kTricks.size() + 1);
  if (trick < kTricks.size()) {
    (this->*kTricks[trick])();
  } else {
    send_garbage();
  }
  const Duration mean = 2 * (scene_.profile.trouble / scene_.profile.attacks);
  scene_.world.at(scene_.world.now() + part_of(random_, mean), *this, 0);
}

WireHeader Attacker::header(std::uint64_t client_id) const {
  return {.client_id = client_id, .epoch = held().epoch, .ticket = held().ticket, .note = 1};
}

Endpoint Attacker::false_address() {
  if (random_.below(3) == 0) {
    // An honest client's.
    const auto victim = static_cast<std::uint8_t>(1 + random_.below(scene_.profile.clients));
    return {scene_.address(0, 0, victim), kClientPort};
  }
  const std::uint64_t any = random_.next();
  return {scene_.address(77, static_cast<std::uint8_t>(any), static_cast<std::uint8_t>(any >> 8U)),
          static_cast<std::uint16_t>(1'024 + (any >> 16U) % 60'000)};
}

void Attacker::send(const Endpoint& from, const WireWriter& writer) {
  constexpr std::size_t kKept = 200;
  if (log_.size() < kKept && from == endpoint()) log_.push_back({server_, writer.bytes()});
  send_bytes(from, server_, writer.bytes());
}

void Attacker::send_bytes(const Endpoint& from, const Endpoint& to, Bytes bytes) {
  if (left_ > 0) --left_;
  scene_.network.send_up(from, to, bytes, path_);
}

void Attacker::contact() {
  WireHeader first{.client_id = client_id_, .note = 1};
  send(endpoint(), WireWriter{first});
  first.client_id = random_.next() | 1U;
  send(false_address(), WireWriter{first});
}

Attacker::Own& Attacker::open_number() {
  const Instant now = scene_.world.now();
  const Uid uid = scene_.books.open_foreign(now, kSmallBody, kSmallBody);
  const auto seq = static_cast<std::uint32_t>(own_.size() + 1);
  Flight& flight = scene_.numbers.of(client_id_).at(seq);
  flight.uid = uid;
  flight.seen = true;
  scene_.books.write(uid, now);
  return own_.emplace_back(seq, uid, now, held().epoch);
}

void Attacker::write_request(WireWriter& writer, const Own& own, std::uint8_t attempt) {
  write_body(body_, own.uid, kSmallBody);
  writer.request(own.seq, attempt, false, body_);
}

void Attacker::ask() {
  if (held().epoch == 0) return contact();
  WireWriter writer{header(client_id_)};
  const std::uint64_t count = 1 + random_.below(8);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Own& own = open_number();
    write_request(writer, own, 1);
    // The same once more in one datagram.
    if (random_.below(4) == 0) write_request(writer, own, 2);
  }
  send(endpoint(), writer);
}

void Attacker::probe_first() {
  if (held().epoch == 0) return contact();
  WireWriter writer{header(client_id_)};
  const Own& own = open_number();
  writer.probe(own.seq, 1);
  if (random_.below(2) == 0) write_request(writer, own, 2);
  send(endpoint(), writer);
}

void Attacker::send_again() {
  if (own_.empty() || held().epoch == 0) return contact();
  const Own& own = own_[random_.below(own_.size())];
  // A legal client's copies: what is older, or another server's, would be forgotten by right.
  const bool old = scene_.world.now() - own.first > 119s;
  if (old || own.epoch != held().epoch) return contact();
  WireWriter writer{header(client_id_)};
  if (random_.below(3) == 0) writer.probe(own.seq, 3);
  write_request(writer, own, 3);
  send(endpoint(), writer);
}

void Attacker::replay() {
  if (log_.empty()) return contact();
  const Sent& sent = log_[random_.below(log_.size())];
  const Endpoint from = random_.below(2) == 0 ? endpoint() : false_address();
  send_bytes(from, sent.to, sent.bytes);
}

void Attacker::use_ticket_elsewhere() {
  if (held().epoch == 0) return contact();
  WireWriter writer{header(random_.next() | 1U)};
  body_.assign(kSmallBody, std::byte{0x66});
  for (std::uint32_t seq = 1; seq < 20; ++seq) writer.request(seq, 1, false, body_);
  send(false_address(), writer);
}

void Attacker::flood_idempotent() {
  body_.assign(kSmallBody + random_.below(200), std::byte{0x66});
  const std::uint64_t count = 1 + random_.below(10);
  for (std::uint64_t i = 0; i < count; ++i) {
    WireWriter writer{{.client_id = random_.next() | 1U, .note = 1}};
    writer.request(1, 1, true, body_);
    // Two, or one and another frame, are no exception.
    if (random_.below(4) == 0) writer.request(2, 1, random_.below(2) == 0, body_);
    if (random_.below(4) == 0) writer.ping(random_.next(), 20);
    if (random_.below(4) == 0) writer.pad(random_.below(300));
    send(false_address(), writer);
  }
}

void Attacker::flood_contexts() {
  if (held().epoch == 0) return contact();
  body_.assign(kSmallBody, std::byte{0x66});
  const std::uint64_t count = 1 + random_.below(40);
  for (std::uint64_t i = 0; i < count; ++i) {
    WireWriter writer{header(random_.next() | 1U)};
    // Far from the base its state takes much room.
    const std::uint64_t most = random_.below(16) == 0 ? 60'000 : 100;
    writer.request(1 + static_cast<std::uint32_t>(random_.below(most)), 1, false, body_);
    send_bytes(endpoint(), server_, writer.bytes());
  }
}

void Attacker::forge_server() {
  const auto victim = static_cast<std::uint8_t>(1 + random_.below(scene_.profile.clients));
  const Endpoint to{scene_.address(0, 0, victim), kClientPort};
  WireHeader forged{.from_server = true,
                    .turn = static_cast<std::uint8_t>(random_.below(4)),
                    .client_id = random_.below(2) == 0 ? client_id_ : random_.next() | 1U,
                    .epoch = random_.below(2) == 0 ? held().epoch | 1U : random_.next() | 1U,
                    .ticket = random_.next() | 1U,
                    .note = static_cast<std::uint32_t>(random_.next())};
  WireWriter writer{forged};
  const auto seq = static_cast<std::uint32_t>(1 + random_.below(50));
  body_.assign(kSmallBody, std::byte{0x66});
  switch (random_.below(4)) {
    case 0:
      break;
    case 1:
      writer.nack(seq, 1, WireNack::kNever);
      break;
    case 2:
      writer.working(seq, 1);
      break;
    default:
      writer.reply(seq, 1, body_);
      break;
  }
  send_bytes(a_server(), to, writer.bytes());
}

void Attacker::send_garbage() {
  body_.assign(kSmallBody, std::byte{0x66});
  // Not under the client_id of the numbers that are booked.
  WireWriter writer{header(client_id_ ^ 2U)};
  writer.request(1, 1, random_.below(2) == 0, body_).probe(2, 1).ping(3, 20).pad(10);
  std::vector<std::byte> bytes = writer.bytes();
  bytes.resize(random_.below(bytes.size() + 20));
  for (std::uint64_t i = 0; i < 4 && !bytes.empty(); ++i) {
    bytes[random_.below(bytes.size())] = static_cast<std::byte>(random_.next());
  }
  send_bytes(random_.below(2) == 0 ? endpoint() : false_address(), a_server(), bytes);
}

}  // namespace volley::sim
