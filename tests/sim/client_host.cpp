#include "client_host.hpp"

#include <fmt/format.h>

#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

// From a datagram's arrival, or a timer's end, to when the process runs.
constexpr Duration kWakeUp = 5us;
constexpr std::size_t kSocketRoom = 1'024;  // Datagrams.
constexpr unsigned kLastRequests = 5;
constexpr std::uint16_t kFirstPort = 40'000;

}  // namespace

ClientHost::ClientHost(Scene& scene, unsigned index)
    : scene_{scene},
      index_{index},
      random_{scene.stream(1'000 + index)},
      machine_{scene.profile, scene.stream(2'000 + index)},
      workload_{scene.profile, scene.stream(3'000 + index)},
      endpoint_{scene.address(0, 0, static_cast<std::uint8_t>(index + 1)), kFirstPort},
      server_{scene.server[random_.below(4) == 0 ? 1 : 0]},
      last_requests_{kLastRequests} {
  scene_.network.attach(endpoint_, *this, index_);
  start();
  schedule_faults();
  if (const auto pause = workload_.pause()) schedule(Instant{} + *pause / 4, Event::kRequests);
  // Who was refused for want of room is not refused once what filled it has died.
  const bool crowded = scene.has(Fault::kPressure) || scene.has(Fault::kAttacker) ||
                       scene.has(Fault::kMuteHandlers) || scene.has(Fault::kSlowHandlers);
  schedule(scene.trouble_ends() + (crowded ? 420s : 1s), Event::kLastRequests);
}

void ClientHost::schedule(Instant when, Event event) {
  scene_.world.at(when, *this, static_cast<std::uint64_t>(event));
}

void ClientHost::schedule_faults() {
  const Profile& profile = scene_.profile;
  const auto plan = [&](Fault fault, unsigned times, Event event) {
    for (unsigned i = 0; scene_.has(fault) && i < times; ++i) {
      schedule(Instant{part_of(random_, profile.trouble)}, event);
    }
  };
  plan(Fault::kRebinding, profile.rebindings, Event::kRebind);
  plan(Fault::kClientCrash, profile.client_crashes, Event::kCrash);
  plan(Fault::kSuspend, profile.suspends, Event::kSuspend);
  plan(Fault::kStall, profile.stalls, Event::kStall);
  constexpr unsigned kHints = 4;
  plan(Fault::kHints, kHints, Event::kHint);
}

void ClientHost::schedule_turn(Instant when) {
  when = std::max(when, machine_.awake());
  if (when >= next_turn_) return;
  next_turn_ = when;
  schedule(when, Event::kTurn);
}

void ClientHost::wake(std::uint64_t token) {
  const Instant now = scene_.world.now();
  const auto event = static_cast<Event>(token);
  const bool of_program = event == Event::kRequests || event == Event::kLastRequests ||
                          event == Event::kDeadline || event == Event::kHint;
  if (of_program && machine_.asleep(now)) return schedule(machine_.awake() + 3ms, event);
  switch (event) {
    case Event::kTurn:
      if (now < next_turn_) return;  // Overtaken by an earlier one.
      next_turn_ = Instant::max();
      return turn();
    case Event::kRequests: {
      const unsigned count = workload_.burst();
      if (core_) make_requests(count);
      if (const auto pause = workload_.pause()) schedule(now + *pause, Event::kRequests);
      return;
    }
    case Event::kDeadline:
      return check_deadlines();
    case Event::kSuspend:
      watches_.back()->disturb();
      return machine_.suspend(now, scene_.sleep(random_));
    case Event::kStall:
      stalls_ = true;
      return;
    case Event::kCrash:
      steps_to_crash_ = static_cast<int>(random_.below(8));
      return;
    case Event::kRestart:
      return start();
    case Event::kRebind:
      return rebind();
    case Event::kHint:
      if (!core_) return;
      watches_.back()->hinted();
      core_->handle_hint(random_.below(2) == 0 ? ErrorCode::kRefused : ErrorCode::kUnreachable,
                         local());
      return schedule_turn(now + kWakeUp);
    case Event::kLastRequests:
      return begin_last_requests();
  }
}

void ClientHost::start() {
  const Profile& profile = scene_.profile;
  ClientCore::Options options{
      .server = server_,
      .policy = profile.policy,
      .window = profile.window,
      .datagram_size = profile.datagram_size,
      .seed = random_.next(),
      .draw_secret = [secrets = Random{random_.next()}]() mutable { return secrets.next(); }};
  // Some run out of numbers, and take a new client_id (protocol.md §5.10).
  constexpr std::uint32_t kTop = 0x7fffffff;
  const auto left = static_cast<std::uint32_t>(random_.below(500));
  const std::uint32_t first = random_.below(16) == 0 ? kTop - left : 1;
  {
    const MemoryScope scope{memory_};
    core_.emplace(std::move(options), Sequence{first});
  }
  watches_.push_back(std::make_unique<ClientWatch>(
      ClientWatch::Seat{.profile = profile,
                        .verdict = scene_.verdict,
                        .books = scene_.books,
                        .numbers = scene_.numbers,
                        .lives = scene_.lives,
                        .name = fmt::format("client {}.{}", index_, watches_.size())}));
  scene_.trace.say(scene_.world.now(), "client {} starts at {}", index_, endpoint_.to_string());
}

void ClientHost::crash() {
  scene_.trace.say(scene_.world.now(), "client {} dies", index_);
  core_.reset();
  for (const auto& [request, uid] : open_) scene_.books.lose(uid);
  open_.clear();
  pings_.clear();
  deadlines_ = {};
  socket_.clear();
  stalled_.reset();
  latest_.reset();
  steps_to_crash_ = -1;
  schedule(scene_.world.now() + part_of(random_, scene_.profile.downtime), Event::kRestart);
}

bool ClientHost::dies() {
  if (steps_to_crash_ < 0 || scene_.well() || steps_to_crash_-- > 0) return false;
  crash();
  return true;
}

void ClientHost::arrive(Packet packet) {
  if (!core_ || socket_.size() >= kSocketRoom)
    return scene_.network.recycle(std::move(packet.bytes));
  socket_.push_back(std::move(packet));
  schedule_turn(scene_.world.now() + kWakeUp);
}

void ClientHost::turn() {
  const Instant now = scene_.world.now();
  if (!core_) return;
  if (machine_.asleep(now)) return schedule_turn(machine_.awake());
  did_something_ = false;
  if (stalled_ && !take_stalled()) return;
  if (std::exchange(stalls_, false) && !scene_.well()) {
    // The time is read, and the datagram; then something else takes the processor.
    stalled_.emplace(local(), std::nullopt);
    if (!socket_.empty()) {
      stalled_->packet = std::move(socket_.front());
      socket_.pop_front();
    }
    machine_.sleep(now, scene_.sleep(random_));
    watches_.back()->disturb();
    return schedule_turn(machine_.awake());
  }
  if (!take_datagrams()) return;
  core_->handle_timeout(local());
  if (dies() || !poll_events(local()) || !poll_transmits(local())) return;
  set_timer(local());
}

bool ClientHost::take_datagrams() {
  while (!socket_.empty()) {
    Packet packet = std::move(socket_.front());
    socket_.pop_front();
    if (!handle(std::move(packet), local())) return false;
  }
  return true;
}

bool ClientHost::take_stalled() {
  Stalled stalled = *std::exchange(stalled_, std::nullopt);
  if (stalled.packet && !handle(std::move(*stalled.packet), stalled.local)) return false;
  core_->handle_timeout(stalled.local);
  if (dies() || !poll_events(stalled.local) || !poll_transmits(stalled.local)) return false;
  // What was just sent was due long ago, and so is what follows.
  watches_.back()->disturb();
  return true;
}

bool ClientHost::handle(Packet packet, Instant local) {
  did_something_ = true;
  if (packet.from == server_) watches_.back()->received(packet.bytes);
  {
    const MemoryScope scope{memory_};
    core_->handle_datagram({.peer = packet.from, .local = packet.to, .payload = packet.bytes},
                           local);
  }
  const bool lives = !dies() && poll_events(local);
  scene_.network.recycle(std::move(packet.bytes));
  return lives;
}

bool ClientHost::poll_events(Instant local) {
  while (const auto event = core_->poll_event()) {
    if (scene_.verdict.broken()) return true;
    did_something_ = true;
    if (event->answer) take_answer(event->request, *event->answer, local);
    if (event->pong) take_pong(*event->pong);
    if (dies()) return false;
  }
  return true;
}

bool ClientHost::poll_transmits(Instant local) {
  constexpr unsigned kTooMany = 100'000;
  for (unsigned sent = 0; sent < kTooMany; ++sent) {
    std::optional<Transmit> transmit;
    {
      const MemoryScope scope{memory_};
      transmit = core_->poll_transmit(scene_.buffer, local);
    }
    if (!transmit) return true;
    did_something_ = true;
    if (transmit->peer != server_) violate("destination", "sends elsewhere");
    Bytes run{scene_.buffer.data(), transmit->size};
    const std::size_t segment =
        transmit->segment_size == 0 ? transmit->size : transmit->segment_size;
    while (!run.empty()) {
      const Bytes datagram = run.first(std::min(segment, run.size()));
      run = run.subspan(datagram.size());
      watches_.back()->sent(datagram, local, open_.size(), scene_.world.now());
      scene_.network.send_up(endpoint_, server_, datagram, index_);
    }
    if (dies()) return false;
  }
  violate("no end", "never stops sending");
  return true;
}

void ClientHost::set_timer(Instant local) {
  // A program that has nothing to do and is woken all the time burns its processor.
  constexpr unsigned kTooOften = 1'000;
  idle_turns_ = did_something_ ? 0 : idle_turns_ + 1;
  if (idle_turns_ > kTooOften) violate("no end", "wakes up for nothing again and again");
  const auto next = core_->next_timeout();
  if (!next) return;
  const Instant now = scene_.world.now();
  const Instant when = *next <= local ? now : machine_.clock().when(*next);
  schedule_turn(when + kWakeUp);
}

void ClientHost::rebind() {
  scene_.network.detach(endpoint_);
  const Endpoint old = endpoint_;
  // Some take over what was another's.
  if (!scene_.vacated.empty() && random_.below(2) == 0) {
    endpoint_ = scene_.vacated.back();
    scene_.vacated.pop_back();
  } else {
    const IpAddress address = scene_.address(0, 0, static_cast<std::uint8_t>(index_ + 1));
    endpoint_ = {address, static_cast<std::uint16_t>(kFirstPort + ++moves_)};
  }
  scene_.vacated.push_back(old);
  scene_.network.attach(endpoint_, *this, index_);
  scene_.trace.say(scene_.world.now(), "client {} moves to {}", index_, endpoint_.to_string());
}

void ClientHost::violate(std::string oracle, std::string what) {
  scene_.verdict.violate(scene_.world.now(), std::move(oracle),
                         fmt::format("client {} {}", index_, what));
}

}  // namespace volley::sim
