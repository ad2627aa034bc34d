#include "lane_world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace volley {
namespace {

constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};
constexpr Matcher::Field kNumber{.offset = 0, .size = 4, .reply_offset = 0};

std::string question(std::uint32_t number) {
  std::string body = "????: and what is the answer?";
  const MutableBytes bytes = std::as_writable_bytes(std::span{body});
  write_match_id(bytes, kNumber, {.high = 0, .low = number});
  return body;
}

std::uint32_t number_in(Bytes body) {
  const auto id = read_match_id(body, kNumber);
  return id ? static_cast<std::uint32_t>(id->low) : 0;
}

}  // namespace

LaneWorld::LaneWorld(const Options& options)
    : options_{options}, random_{options.seed}, rtt_{options.policy} {}

LaneWorld::Tally LaneWorld::run() {
  while (finished() < options_.requests) {
    ask_more();
    now_ = next_event();
    while (!network_.empty() && network_.begin()->first <= now_) {
      const Answer answer = std::move(network_.begin()->second);
      network_.erase(network_.begin());
      arrive(answer);
    }
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
      RawClientCore& core = *lane->second.core;
      core.handle_timeout(now_);
      deliver(lane->first);
      send(lane->first);
      const bool close = !options_.matcher && options_.heed_spent && core.spent();
      lane = close && core.in_flight() == 0 ? lanes_.erase(lane) : std::next(lane);
    }
  }
  return tally_;
}

void LaneWorld::ask_more() {
  while (asked_ < options_.requests && asked_ - finished() < options_.in_flight) {
    const std::size_t number = free_lane();
    Lane& lane = lanes_.at(number);
    const std::string body = question(++asked_);
    const auto request = lane.core->request(as_bytes(body), {}, now_);
    lane.questions.emplace(request.value(), asked_);
    send(number);
  }
}

std::size_t LaneWorld::open_lane() {
  RawClientCore::Options options{.server = kServer,
                                 .policy = options_.policy,
                                 .window = options_.in_flight,
                                 .seed = random_.next()};
  if (options_.matcher) options.matcher = Matcher{kNumber};
  const std::size_t number = tally_.lanes++;
  lanes_[number].core = std::make_unique<RawClientCore>(std::move(options), rtt_);
  return number;
}

std::size_t LaneWorld::free_lane() {
  for (const auto& [number, lane] : lanes_) {
    if (lane.core->has_room()) return number;
  }
  return open_lane();
}

void LaneWorld::send(std::size_t number) {
  while (const auto transmit = lanes_.at(number).core->poll_transmit(buffer_, now_)) {
    ++tally_.attempts;
    if (random_.unit() < options_.loss) continue;
    const std::string body{as_text(Bytes{buffer_}.first(transmit->size))};
    const int copies = random_.unit() < options_.duplicate ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const auto spread = static_cast<std::uint64_t>(options_.delay_spread.count());
      const Duration extra{random_.below(spread + 1)};
      network_.emplace(now_ + options_.delay + extra, Answer{.lane = number, .body = body});
    }
  }
}

void LaneWorld::arrive(const Answer& answer) {
  const auto lane = lanes_.find(answer.lane);
  if (lane == lanes_.end()) return;  // Its socket is closed.
  lane->second.core->handle_datagram({.peer = kServer, .payload = as_bytes(answer.body)}, now_);
  deliver(answer.lane);
}

void LaneWorld::deliver(std::size_t number) {
  Lane& lane = lanes_.at(number);
  while (const auto event = lane.core->poll_event()) {
    const auto& end = std::get<RawFinished>(*event);
    const std::uint32_t asked = lane.questions.extract(end.request).mapped();
    if (end.outcome != RawOutcome::kReply) {
      ++tally_.unanswered;
    } else if (number_in(end.body) == asked) {
      ++tally_.answered;
    } else {
      ++tally_.wrong;
    }
  }
}

Instant LaneWorld::next_event() const {
  Instant next = network_.empty() ? Instant::max() : network_.begin()->first;
  for (const auto& [number, lane] : lanes_) {
    next = std::min(next, lane.core->next_timeout().value_or(Instant::max()));
  }
  return next;
}

}  // namespace volley
