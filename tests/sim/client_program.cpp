#include <fmt/format.h>

#include <utility>

#include "client_host.hpp"

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

// What a caller may be told too late: a timer's grain and the wake-up.
constexpr Duration kGranule = 2ms;

}  // namespace

void ClientHost::make_requests(unsigned count) {
  if (scene_.has(Fault::kCancel) && !scene_.well() && random_.below(4) == 0) cancel_one();
  if (random_.below(32) == 0) ping();
  for (unsigned i = 0; i < count; ++i) make_request(workload_.wish());
  idle_turns_ = 0;  // It is not woken for nothing, though there may be no room for what it wants.
  schedule_turn(scene_.world.now());
}

void ClientHost::make_request(const Wish& wish) {
  if (!core_->has_room()) return;
  const Instant made = local();
  const Duration timeout = wish.timeout.value_or(scene_.profile.policy.give_up);
  const bool endless = timeout == Duration::max();
  const Instant deadline = endless ? Instant::max() : made + timeout;
  const Uid uid = scene_.books.open({.made = scene_.world.now(),
                                     .deadline = deadline,
                                     .client = index_,
                                     .body = wish.body,
                                     .result = wish.result,
                                     .status = wish.status,
                                     .idempotent = wish.idempotent});
  write_body(body_, uid, wish.body);
  Result<RequestId> request;
  {
    const MemoryScope scope{memory_};
    request = core_->request(body_, {.timeout = wish.timeout, .idempotent = wish.idempotent}, made);
  }
  if (!request)
    return violate("room", "has room, and takes no request: " + request.error().message);
  const auto [place, is_new] = open_.emplace(std::to_underlying(*request), uid);
  if (!is_new) violate("request id", "gives a RequestId twice");
  scene_.trace.say(scene_.world.now(), "client {} asks {} for {} ms{}", index_,
                   scene_.books.name(uid), timeout / 1ms, wish.idempotent ? ", idempotent" : "");
  watches_.back()->disturb();
  latest_ = *request;
  if (endless) return;
  deadlines_.push({deadline, uid});
  schedule(machine_.clock().when(deadline) + kGranule, Event::kDeadline);
}

void ClientHost::cancel_one() {
  if (!latest_) return;
  const auto request = open_.find(std::to_underlying(*latest_));
  if (request != open_.end()) scene_.books.find(request->second)->cancelled = true;
  // A request that has ended may be cancelled too: nothing happens.
  core_->cancel(*std::exchange(latest_, std::nullopt), local());
}

void ClientHost::ping() {
  constexpr std::size_t kLeast = 44;
  const std::size_t size = kLeast + random_.below(scene_.profile.datagram_size - kLeast);
  const auto opaque = core_->ping(size, local());
  if (opaque) pings_[*opaque] = size;
}

void ClientHost::take_answer(RequestId request, const Answer& answer, Instant local) {
  const auto open = open_.find(std::to_underlying(request));
  if (open == open_.end()) return violate("one outcome", "ends a request that is not open");
  const Uid uid = open->second;
  open_.erase(open);
  watches_.back()->disturb();
  scene_.books.end(uid, answer, local, scene_.world.now());
  if (!last_) return;
  if (answer.outcome != Outcome::kReply) {
    violate("recovery", fmt::format("gets no reply to {} though all is well: {}",
                                    scene_.books.name(uid), describe(answer, server_)));
  }
  if (last_requests_ > 0 && --last_requests_ > 0) {
    make_request(Workload::plain_wish());
    schedule_turn(scene_.world.now());
  }
}

void ClientHost::take_pong(const Pong& pong) {
  const auto ping = pings_.find(pong.opaque);
  if (ping == pings_.end()) return violate("pong", "hears an echo of nothing, or one twice");
  if (pong.size != ping->second) violate("pong", "hears an echo of another size");
  pings_.erase(ping);
}

void ClientHost::begin_last_requests() {
  // Those made before must have ended first: each by its deadline.
  if (!core_ || !open_.empty() || !workload_.done())
    return schedule(scene_.world.now() + 1s, Event::kLastRequests);
  last_ = true;
  make_request(Workload::plain_wish());
  schedule_turn(scene_.world.now());
}

void ClientHost::check_deadlines() {
  const Instant now = scene_.world.now();
  while (!deadlines_.empty()) {
    const Waiting& first = deadlines_.top();
    const RequestRecord& request = *scene_.books.find(first.uid);
    const Instant due = std::max(machine_.clock().when(first.deadline), machine_.awake());
    if (request.state == RequestRecord::State::kOpen) {
      if (due + kGranule > now) return;
      violate("deadline", scene_.books.name(first.uid) + " has no outcome at its deadline");
    }
    deadlines_.pop();
  }
}

}  // namespace volley::sim
