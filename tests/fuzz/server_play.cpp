#include "server_play.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kEpoch = 0xe90c'1122'3344'5566;
constexpr Instant kBirth{30min};
/// When uptimes are soon too long for their field.
constexpr Instant kOld = kBirth + 49 * 24h + 17h;
constexpr Endpoint kLocal{IpAddress::v4(192, 0, 2, 1), 4'000};
constexpr std::size_t kMostTurns = 400;
constexpr std::size_t kAll = SIZE_MAX;

/// Who talks to the server. Some share an address, one has another's client_id, one cannot be
/// answered.
struct Client {
  Endpoint peer;
  std::uint64_t id;
};
constexpr Client kClients[] = {
    {{IpAddress::v4(10, 0, 0, 1), 5'000}, 0xc1a0'5eed'0102'0304},
    {{IpAddress::v4(10, 0, 0, 1), 5'001}, 0xc1a1'5eed'0102'0304},
    {{IpAddress::v4(10, 0, 0, 2), 5'000}, 0xc1a0'5eed'0102'0304},
    {{IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 7}, 0x0001},
    {{IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}), 7}, ~0ULL},
    {{IpAddress::v4(10, 0, 0, 3), 0}, 0xc1a2'5eed'0102'0304},
};

/// Times around those by which the server decides.
constexpr Duration kTimes[] = {1us, 1ms,  1999us, 2ms,  10ms, 900ms, 5s,   59s, 60s,
                               61s, 119s, 121s,   246s, 247s, 249s,  600s, 24h};

ServerCore::Options draw_options(Script& script) {
  ServerCore::Options options;
  options.incarnation = {.epoch = kEpoch, .birth = kBirth};
  options.incarnation.secret.fill(std::byte{7});
  options.hash_secret = 0x5eed;
  options.workers = 1 + static_cast<unsigned>(script.below(3));
  options.worker = static_cast<unsigned>(script.below(options.workers));
  options.limits.memory = std::size_t{8 * 1024} << script.below(10);
  options.limits.running = 1 + script.below(64);
  options.limits.running_per_client = 1 + script.below(32);
  options.limits.client_share = 1 + script.below(16);
  options.limits.address_share = 1 + script.below(4);
  return options;
}

ServerBooks::Seat seat_for(const ServerCore::Options& options) {
  return {.epoch = kEpoch,
          .birth = kBirth,
          .worker = options.worker,
          .workers = options.workers,
          .local = kLocal};
}

void put(std::vector<std::byte>& into, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) into.push_back(static_cast<std::byte>(value >> (8 * i)));
}

}  // namespace

ServerPlay::ServerPlay(Script& script)
    : script_{script},
      options_{draw_options(script)},
      books_{seat_for(options_)},
      core_{options_},
      now_{script.chance() ? kOld : kBirth + 1s},
      buffer_(kMaxPayload) {
  lowest_.fill(1);
}

void ServerPlay::run() {
  for (std::size_t turns = 0; turns < kMostTurns && !script_.over(); ++turns) {
    turn(ServerTurn{static_cast<std::uint8_t>(script_.below(kServerTurns))});
    check();
  }
  finish();
}

void ServerPlay::turn(ServerTurn turn) {
  switch (turn) {
    case ServerTurn::kFrames:
      return hear_frames(kAll);
    case ServerTurn::kGolden:
      return hear_golden();
    case ServerTurn::kGarbage:
      return hear_garbage();
    case ServerTurn::kReplay:
      return hear_again();
    case ServerTurn::kTime: {
      const std::size_t choice = script_.below(std::size(kTimes) + 1);
      return pass(choice < std::size(kTimes) ? kTimes[choice] : script_.u16() * 1ms);
    }
    case ServerTurn::kReply:
      return reply();
    case ServerTurn::kAbandon:
      return abandon();
    case ServerTurn::kSend: {
      const std::size_t most = script_.below(4);
      return send(most == 0 ? kAll : most, script_.chance());
    }
    case ServerTurn::kImpatient: {
      const std::size_t polled = script_.below(4);
      return hear_frames(polled);
    }
    case ServerTurn::kDrain:
      return core_.drain();
  }
}

/// protocol.md §3.1, with the ticket that a client of that address holds, or another.
void ServerPlay::write_header(std::size_t who) {
  const Client& client = kClients[who];
  const std::uint8_t oddity = script_.u8();
  std::uint64_t epoch = kEpoch;
  std::uint64_t ticket = books_.ticket(client.peer);
  std::uint32_t lowest = lowest_[who];
  if (oddity == 1) epoch = 0;
  if (oddity == 2) epoch = script_.u64();
  if (oddity == 3) ticket = 0;
  if (oddity == 4) ticket = books_.ticket(kClients[script_.below(std::size(kClients))].peer);
  if (oddity == 5) lowest = static_cast<std::uint32_t>(script_.u64());
  writing_.clear();
  put(writing_, 0x0401'0000 + script_.u8(), 4);
  put(writing_, client.id, 8);
  put(writing_, epoch, 8);
  put(writing_, ticket, 8);
  put(writing_, lowest, 4);
}

std::uint32_t ServerPlay::draw_number(std::size_t who) {
  const std::uint8_t near = script_.u8();
  if (near < 0xf0) return lowest_[who] + near % 64;
  // The end of the window, and far from it.
  if (near < 0xf8) return lowest_[who] + 65'536 - 0xf4 + near;
  return near == 0xff ? 0x7fff'ffff : lowest_[who] + script_.u16();
}

void ServerPlay::write_frame(std::size_t who) {
  const std::uint8_t kind = script_.u8();
  const std::uint8_t attempt = static_cast<std::uint8_t>(script_.below(4) + 1);
  if (kind % 8 == 7) {
    const std::size_t zeros = script_.u8() * std::size_t{8};
    put(writing_, 0x0600'0000 + zeros, 4);
    put(writing_, script_.u8(), 8);
    writing_.resize(writing_.size() + zeros);
    return;
  }
  const std::uint32_t number = draw_number(who);
  if (kind % 8 == 6) {
    put(writing_, 0x0500'0000 + (std::uint32_t{attempt} << 8U), 4);
    return put(writing_, number, 4);
  }
  const bool idempotent = kind % 8 == 5;
  const std::size_t body = kind < 0x80 ? script_.below(32) : script_.u8() * std::size_t{16};
  put(writing_, 0x0100'0000 + (idempotent ? 0x1'0000U : 0) + (std::uint32_t{attempt} << 8U), 4);
  put(writing_, number, 4);
  put(writing_, script_.chance() ? 0 : 5, 2);
  put(writing_, body, 2);
  writing_.resize(writing_.size() + body, static_cast<std::byte>(number));
}

void ServerPlay::hear_frames(std::size_t polled) {
  const std::size_t who = script_.below(std::size(kClients));
  // The client has finished some of its numbers.
  if (script_.chance()) {
    const std::uint32_t most = 0x8000'0000U - lowest_[who];
    lowest_[who] += std::min<std::uint32_t>(script_.u8(), most);
  }
  write_header(who);
  for (std::size_t frames = script_.below(8); frames > 0; --frames) write_frame(who);
  writing_.resize(writing_.size() + script_.below(3) * 40);
  hear(writing_, kClients[who].peer, polled);
}

void ServerPlay::hear_golden() {
  const std::size_t who = script_.below(std::size(kClients));
  Octets datagram = octets(kGoldenDatagrams[script_.below(std::size(kGoldenDatagrams))].hex);
  writing_.clear();
  put(writing_, books_.ticket(kClients[who].peer), 8);
  if (script_.chance()) std::ranges::copy(writing_, datagram.begin() + 20);
  for (std::size_t changes = script_.below(4); changes > 0; --changes) {
    const std::size_t at = script_.below(datagram.size());
    datagram[at] = static_cast<std::byte>(script_.u8());
  }
  hear(std::move(datagram), kClients[who].peer, kAll);
}

void ServerPlay::hear_garbage() {
  const std::size_t who = script_.below(std::size(kClients));
  const bool headed = script_.chance();
  if (headed) {
    write_header(who);
  } else {
    writing_.clear();
  }
  const Bytes octets = script_.bytes(script_.u8());
  writing_.insert(writing_.end(), octets.begin(), octets.end());
  hear(writing_, kClients[who].peer, kAll);
}

void ServerPlay::hear_again() {
  const std::size_t which = script_.u8();
  const std::size_t who = script_.below(std::size(kClients));
  if (heard_.empty()) return;
  hear(heard_[which % heard_.size()], kClients[who].peer, kAll);
}

void ServerPlay::hear(Octets datagram, const Endpoint& from, std::size_t polled) {
  // Where it is must stay until the next: bodies are borrowed from it.
  if (heard_.size() == 16) heard_.pop_front();
  const Octets& octets = heard_.emplace_back(std::move(datagram));
  books_.arrives(octets, from, now_);
  core_.handle_datagram({.peer = from, .local = kLocal, .payload = octets}, now_);
  for (; polled > 0; --polled) {
    const auto execution = core_.poll_request(now_);
    if (!execution) break;
    handlers_.push_back(books_.starts(*execution, now_));
  }
  if (core_.must_transmit()) send(kAll, false);
}

ServerBooks::Handler ServerPlay::take_handler() {
  const auto at = handlers_.begin() + static_cast<std::ptrdiff_t>(script_.u8() % handlers_.size());
  const ServerBooks::Handler handler = *at;
  handlers_.erase(at);
  return handler;
}

void ServerPlay::reply() {
  if (handlers_.empty()) return;
  const ServerBooks::Handler handler = take_handler();
  const std::uint8_t choice = script_.u8();
  const std::size_t size = choice < 0x80   ? choice
                           : choice < 0xc0 ? script_.u16()
                                           : (choice - std::size_t{0xc0}) * 64;
  const std::uint16_t status = choice % 3 == 0 ? 0 : choice;
  const Octets body(size, static_cast<std::byte>(handler.key.second + size));
  const bool sendable = size <= 65'459;
  books_.ends(handler, sendable ? std::optional{status} : std::nullopt, body, now_);
  core_.reply(handler.id, status, body, now_);
  if (core_.must_transmit()) send(kAll, false);
}

void ServerPlay::abandon() {
  if (handlers_.empty()) return;
  const ServerBooks::Handler handler = take_handler();
  books_.ends(handler, std::nullopt, {}, now_);
  core_.abandon(handler.id, now_);
  if (core_.must_transmit()) send(kAll, false);
}

void ServerPlay::send(std::size_t most, bool too_large) {
  for (; most > 0; --most) {
    const auto transmit = core_.poll_transmit(buffer_, now_);
    if (!transmit) break;
    const Octets run(buffer_.begin(),
                     buffer_.begin() + static_cast<std::ptrdiff_t>(transmit->size));
    Bytes sent{run};
    if (std::exchange(too_large, false)) {
      // The system takes the rest of the run.
      const Bytes first = sent.first(
          transmit->segment_size == 0 ? run.size() : std::min(transmit->segment_size, run.size()));
      core_.handle_too_large(*transmit, first);
      sent = sent.subspan(first.size());
    }
    books_.sends(*transmit, sent, now_);
  }
  if (most > 0) require(!core_.must_transmit(), "nothing must be sent when nothing is left");
}

void ServerPlay::pass(Duration time) {
  const Instant end = now_ + time;
  constexpr int kMostAtOnce = 1'000;
  int at_once = 0;
  send(kAll, false);
  while (true) {
    const auto next = core_.next_timeout();
    if (!next || *next > end) break;
    at_once = *next > now_ ? 0 : at_once + 1;
    require(at_once < kMostAtOnce, "timeouts get on");
    now_ = std::max(now_, *next);
    core_.handle_timeout(now_);
    send(kAll, false);
  }
  now_ = end;
}

void ServerPlay::check() {
  const ServerCounters& counters = core_.counters();
  require(counters.bytes <= options_.limits.memory, "the memory is under its bound");
  require(counters.running == books_.running(), "what runs is what was started and has not ended");
  require(counters.running <= options_.limits.running, "no more run than may");
}

void ServerPlay::finish() {
  core_.drain();
  while (!handlers_.empty()) {
    reply();
    check();
  }
  pass(300s);
  check();
  require(core_.idle(), "without handlers and with all sent, a server is idle");
  require(core_.counters().contexts == 0, "contexts die");
  require(!core_.next_timeout(), "a server that remembers nothing waits for nothing");
}

}  // namespace volley::fuzz
