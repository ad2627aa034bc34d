#include "client_play.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/random.hpp"
#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(10, 0, 0, 9), 1060};
constexpr Endpoint kStranger{IpAddress::v4(10, 0, 0, 9), 1061};
/// The golden datagrams' client.
constexpr std::uint64_t kFirstId = 0xc1a0'5eed'0102'0304;
constexpr std::uint64_t kEpochs[] = {0xe90c'1122'3344'5566, 2, 3, 4};
constexpr std::size_t kMostTurns = 400;
constexpr std::size_t kMostTimeouts = 20'000;
constexpr std::size_t kAll = SIZE_MAX;

constexpr Duration kTimes[] = {0s,  100us, 1ms, 5ms,  50ms, 100ms, 300ms, 1s,   3s,
                               10s, 59s,   61s, 119s, 121s, 239s,  241s,  10min};
constexpr Duration kTimeouts[] = {0s, 1ms, 100ms, 3s, 90s, 130s, 250s, Duration::max()};
constexpr std::size_t kDatagramSizes[] = {1'200, 256, 9'000, 65'507};

ClientCore::Options draw_options(Script& script, std::uint64_t& secrets) {
  ClientCore::Options options;
  options.server = kServer;
  options.policy = script.chance() ? kInternetPolicy : kLocalPolicy;
  options.policy.jitter = script.chance() ? 0.25 : 0;
  options.policy.adaptive = !script.chance();
  options.policy.max_attempts = static_cast<unsigned>(script.below(5));
  options.window = 1 + script.below(64);
  options.datagram_size = kDatagramSizes[script.below(std::size(kDatagramSizes))];
  options.draw_secret = [&secrets] { return secrets++ == 0 ? kFirstId : mix_bits(secrets); };
  return options;
}

/// Near the end of the numbers, where a new client_id is due, or at their beginning.
Sequence draw_first(Script& script) {
  const auto before_end = static_cast<std::uint32_t>(script.below(8));
  return before_end == 0 ? Sequence{1} : Sequence{0x8000'0000U - before_end};
}

void put(std::vector<std::byte>& into, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) into.push_back(static_cast<std::byte>(value >> (8 * i)));
}

}  // namespace

ClientPlay::ClientPlay(Script& script)
    : script_{script},
      options_{draw_options(script, secrets_)},
      books_{{.server = kServer, .datagram_size = options_.datagram_size}},
      core_{options_, draw_first(script)},
      now_{1h},
      buffer_(kMaxPayload) {
  births_.fill(Instant{30min});
}

void ClientPlay::run() {
  for (std::size_t turns = 0; turns < kMostTurns && !script_.over(); ++turns) {
    turn(ClientTurn{static_cast<std::uint8_t>(script_.below(kClientTurns))});
    check();
  }
  finish();
}

void ClientPlay::turn(ClientTurn turn) {
  switch (turn) {
    case ClientTurn::kRequest:
      return request();
    case ClientTurn::kPing:
      return ping();
    case ClientTurn::kCancel:
      return cancel();
    case ClientTurn::kSend: {
      const std::size_t most = script_.below(4);
      return send(most == 0 ? kAll : most);
    }
    case ClientTurn::kAnswer:
      return answer();
    case ClientTurn::kBare:
      return refuse();
    case ClientTurn::kGolden:
      return hear_golden();
    case ClientTurn::kGarbage:
      return hear_garbage();
    case ClientTurn::kReplay:
      return hear_again();
    case ClientTurn::kTime: {
      const std::size_t choice = script_.below(std::size(kTimes) + 1);
      return pass(choice < std::size(kTimes) ? kTimes[choice] : script_.u16() * 1ms);
    }
    case ClientTurn::kHint:
      core_.handle_hint(ErrorCode{static_cast<std::uint8_t>(script_.below(13))}, now_);
      return take_events();
    case ClientTurn::kRestart:
      return restart();
  }
}

void ClientPlay::request() {
  const std::uint8_t choice = script_.u8();
  const std::size_t size = choice < 0xc0   ? choice
                           : choice < 0xf0 ? (choice - std::size_t{0xc0}) * 64
                                           : script_.u16();
  const std::uint8_t how = script_.u8();
  RequestOptions options{.idempotent = (how & 1U) != 0};
  if ((how & 2U) != 0) options.timeout = kTimeouts[script_.below(std::size(kTimeouts))];
  const std::uint64_t uid = ++asked_ * 0x0101'0101;
  const bool room = core_.has_room();
  const auto id = core_.request(ClientBooks::body_of(uid, size), options, now_);
  if (!id) {
    return require(size > 65'459 ? id.error().code == ErrorCode::kTooLarge
                                 : !room && id.error().code == ErrorCode::kFull,
                   "a request is refused for its size, or for want of room");
  }
  books_.asks(*id,
              {.uid = uid,
               .size = size,
               .idempotent = options.idempotent,
               .timeout = options.timeout.value_or(options_.policy.give_up)},
              now_);
}

void ClientPlay::ping() {
  const std::size_t size = script_.chance() ? script_.u16() : 44 + script_.below(64);
  const auto opaque = core_.ping(size, now_);
  if (opaque) return books_.pings(*opaque, size);
  require(opaque.error().code == ErrorCode::kFull || size < 44 || size > kMaxPayload,
          "a ping is refused for its size, or for want of room");
}

void ClientPlay::cancel() {
  const std::size_t which = script_.u8();
  if (books_.all().empty()) return;
  // It may have ended long ago.
  core_.cancel(books_.all()[which % books_.all().size()], now_);
  take_events();
}

void ClientPlay::send(std::size_t most) {
  constexpr std::size_t kMostDatagrams = 10'000;
  for (std::size_t count = 0; count < most; ++count) {
    require(count < kMostDatagrams, "there is an end to what is sent at once");
    const auto transmit = core_.poll_transmit(buffer_, now_);
    if (!transmit) break;
    if (sent_.size() == 16) sent_.pop_front();
    const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(transmit->size);
    books_.sends(*transmit, sent_.emplace_back(buffer_.begin(), end), now_);
  }
  take_events();
}

/// protocol.md §3.1, as the server would write it, or nearly.
void ClientPlay::write_header(std::uint64_t client_id, std::uint8_t turn) {
  const std::uint8_t oddity = script_.u8();
  const std::size_t life = oddity == 1 ? script_.below(std::size(kEpochs)) : life_;
  const auto uptime = std::chrono::floor<std::chrono::milliseconds>(now_ - births_[life]).count();
  auto note = static_cast<std::uint32_t>(std::clamp<std::int64_t>(uptime, 0, UINT32_MAX));
  if (oddity == 2) note = static_cast<std::uint32_t>(script_.u64());
  if (oddity == 3) turn = script_.u8();
  if (oddity == 4) client_id = script_.u64();
  writing_.clear();
  put(writing_, 0x0401'0100 + turn, 4);
  put(writing_, client_id, 8);
  put(writing_, kEpochs[life], 8);
  put(writing_, kEpochs[life] + note / 60'000 + 1, 8);
  put(writing_, note, 4);
}

void ClientPlay::write_numbered(std::uint16_t type_and_flags, const sim::WireFrame& frame) {
  const std::uint8_t oddity = script_.u8();
  put(writing_, type_and_flags, 2);
  put(writing_, oddity == 1 ? script_.u8() : frame.attempt, 1);
  put(writing_, 0, 1);
  put(writing_, oddity == 2 ? script_.u16() : frame.seq, 4);
}

void ClientPlay::answer_frame(const sim::WireFrame& frame) {
  if (frame.type == sim::WireType::kPing) {
    put(writing_, 0x0700, 2);
    put(writing_, frame.size - 12, 2);
    put(writing_, frame.opaque, 8);
    writing_.resize(writing_.size() + frame.size - 12);
    return;
  }
  const std::uint8_t choice = script_.u8();
  const auto deferred = static_cast<std::uint16_t>(choice >> 7U);
  switch (choice % 8) {
    case 0:
    case 1:
    case 2: {
      const std::size_t size = script_.u8() * std::size_t{choice % 3 == 2 ? 64U : 1U};
      write_numbered(0x0200 | deferred, frame);
      put(writing_, choice, 2);
      put(writing_, size, 2);
      writing_.resize(writing_.size() + size, std::byte{choice});
      return;
    }
    case 3:
      return write_numbered(0x0400 | deferred, frame);
    case 7:
      return;
    default:
      // BUSY, NEVER and, by the flag, REPLY_GONE and OVERLOAD.
      write_numbered(static_cast<std::uint16_t>(0x0300 + 1 + choice % 2 + 2 * deferred), frame);
      put(writing_, script_.u16(), 4);
  }
}

void ClientPlay::answer() {
  const std::size_t which = script_.u8();
  if (sent_.empty()) return;
  const Octets& asked = sent_[sent_.size() - 1 - which % sent_.size()];
  const auto header = sim::read_header(asked);
  write_header(header->client_id, 0);
  sim::FrameWalk walk{asked};
  while (const auto frame = walk.next()) {
    if (writing_.size() < 60'000) answer_frame(*frame);
  }
  if (writing_.size() > kMaxPayload) writing_.resize(32);
  hear(writing_, kServer);
}

void ClientPlay::refuse() {
  const std::size_t which = script_.u8();
  if (sent_.empty()) return;
  const auto header = sim::read_header(sent_[sent_.size() - 1 - which % sent_.size()]);
  write_header(header->client_id, header->turn);
  hear(writing_, kServer);
}

void ClientPlay::hear_golden() {
  Octets datagram = octets(kGoldenDatagrams[script_.below(std::size(kGoldenDatagrams))].hex);
  for (std::size_t changes = script_.below(4); changes > 0; --changes) {
    const std::size_t at = script_.below(datagram.size());
    datagram[at] = static_cast<std::byte>(script_.u8());
  }
  hear(std::move(datagram), kServer);
}

void ClientPlay::hear_garbage() {
  writing_.clear();
  if (script_.chance()) write_header(kFirstId, script_.u8());
  const Bytes octets = script_.bytes(script_.u8());
  writing_.insert(writing_.end(), octets.begin(), octets.end());
  hear(writing_, kServer);
}

void ClientPlay::hear_again() {
  const std::size_t which = script_.u8();
  const bool stranger = script_.chance();
  if (heard_.empty()) return;
  hear(heard_[which % heard_.size()], stranger ? kStranger : kServer);
}

void ClientPlay::restart() {
  life_ = script_.below(std::size(kEpochs));
  births_[life_] = now_ - kTimes[script_.below(std::size(kTimes))];
}

void ClientPlay::hear(Octets datagram, const Endpoint& from) {
  if (heard_.size() == 16) heard_.pop_front();
  const Octets& octets = heard_.emplace_back(std::move(datagram));
  if (from == kServer) books_.hears(octets, now_);
  core_.handle_datagram({.peer = from, .payload = octets}, now_);
  if (from != kServer) require(!core_.poll_event(), "a stranger makes nothing happen");
  take_events();
}

void ClientPlay::take_events() {
  while (const auto event = core_.poll_event()) books_.happens(*event, now_);
}

void ClientPlay::pass(Duration time) {
  const Instant end = now_ + time;
  constexpr std::size_t kMostAtOnce = 2'000;
  std::size_t at_once = 0;
  send(kAll);
  while (true) {
    const auto next = core_.next_timeout();
    if (!next || *next > end) break;
    at_once = *next > now_ ? 0 : at_once + 1;
    require(at_once < kMostAtOnce, "timeouts get on");
    // A script must not take for ever, and time must not pass without its timeouts.
    if (++timeouts_ > kMostTimeouts) return;
    now_ = std::max(now_, *next);
    core_.handle_timeout(now_);
    take_events();
    send(kAll);
  }
  now_ = end;
}

void ClientPlay::check() {
  require(core_.in_flight() == books_.open(), "what is in flight is what has not ended");
  require(core_.in_flight() <= options_.window, "no more is in flight than the window");
  require(std::isfinite(core_.congestion_window()) && core_.congestion_window() >= 1,
          "the congestion window is a number of datagrams");
}

void ClientPlay::finish() {
  pass(300s);
  check();
  for (const RequestId id : books_.all()) core_.cancel(id, now_);
  take_events();
  require(books_.open() == 0, "each request ends");
  send(kAll);
  check();
}

}  // namespace volley::fuzz
