#include "server_life.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWakeUp = 5us;
constexpr std::size_t kSocketRoom = 1'024;  // Datagrams.

}  // namespace

ServerLife::ServerLife(Scene& scene, unsigned number)
    : scene_{scene},
      random_{scene.stream(10'000 + number)},
      machine_{scene.profile, scene.stream(20'000 + number)},
      limits_{scene.profile.limits},
      epoch_{random_.next() | 1U},
      eager_{random_.below(2) == 0} {
  Incarnation incarnation{.epoch = epoch_, .birth = local()};
  // The first may be so old that its uptime no longer fits its field.
  constexpr Duration kWholeUptime = std::chrono::milliseconds{0xffff'ffff};
  if (number == 0 && random_.below(16) == 0) {
    incarnation.birth -= kWholeUptime - part_of(random_, 2 * scene.profile.trouble);
  }
  for (std::byte& byte : incarnation.secret) byte = static_cast<std::byte>(random_.next());
  scene.lives.add(epoch_);
  watch_.emplace(ServerWatch::Seat{.profile = scene.profile,
                                   .verdict = scene.verdict,
                                   .books = scene.books,
                                   .numbers = scene.numbers,
                                   .epoch = epoch_,
                                   .birth = incarnation.birth});
  if (scene.has(Fault::kMtu) && random_.below(4) == 0) largest_ = 1'472;
  const unsigned workers = scene.profile.workers;
  limits_.memory /= workers;
  limits_.running = std::max<std::size_t>(1, limits_.running / workers);
  for (unsigned i = 0; i < workers; ++i) {
    Worker& worker = workers_.emplace_back();
    const MemoryScope scope{worker.memory};
    worker.core.emplace(options(i, incarnation));
  }
  scene.trace.say(scene.world.now(), "server begins epoch {:04x}", epoch_ >> 48U);
}

ServerCore::Options ServerLife::options(unsigned worker, const Incarnation& incarnation) {
  return {.incarnation = incarnation,
          .worker = worker,
          .workers = scene_.profile.workers,
          .limits = limits_,
          .hash_secret = random_.next()};
}

void ServerLife::schedule_turn(unsigned worker, Instant when) {
  when = std::max(when, machine_.awake());
  if (when >= workers_[worker].next_turn) return;
  workers_[worker].next_turn = when;
  scene_.world.at(when, *this, worker << 8U | static_cast<unsigned>(Event::kTurn));
}

void ServerLife::wake(std::uint64_t token) {
  if (dead_) return;
  const Instant now = scene_.world.now();
  const std::uint64_t which = token >> 8U;
  switch (static_cast<Event>(token & 0xffU)) {
    case Event::kTurn: {
      const auto worker = static_cast<unsigned>(which);
      if (now < workers_[worker].next_turn) return;  // Overtaken by an earlier one.
      workers_[worker].next_turn = Instant::max();
      return turn(worker);
    }
    case Event::kHandlerEnds:
      workers_[handlers_[which].worker].ended.push_back(which);
      return schedule_turn(handlers_[which].worker, now + kWakeUp);
  }
}

void ServerLife::crash() {
  dead_ = true;
  scene_.trace.say(scene_.world.now(), "server dies");
  workers_.clear();
}

bool ServerLife::dies() {
  if (steps_to_crash_ < 0 || scene_.well() || steps_to_crash_-- > 0) return false;
  crash();
  return true;
}

void ServerLife::drain() {
  if (dead_) return;
  scene_.trace.say(scene_.world.now(), "server drains");
  drains_ = true;
  for (Worker& worker : workers_) worker.core->drain();
  schedule_turn(0, scene_.world.now() + kWakeUp);
}

bool ServerLife::idle() const {
  return std::ranges::all_of(workers_, [](const Worker& worker) { return worker.core->idle(); });
}

void ServerLife::suspend() {
  if (!dead_) machine_.suspend(scene_.world.now(), scene_.sleep(random_));
}

void ServerLife::arrive(Packet packet, unsigned worker) {
  if (dead_ || workers_[worker].socket.size() >= kSocketRoom) {
    return scene_.network.recycle(std::move(packet.bytes));
  }
  workers_[worker].socket.push_back(std::move(packet));
  schedule_turn(worker, scene_.world.now() + kWakeUp);
}

void ServerLife::turn(unsigned index) {
  const Instant now = scene_.world.now();
  if (machine_.asleep(now)) return schedule_turn(index, machine_.awake());
  Worker& worker = workers_[index];
  worker.did_something = false;
  if (worker.stalled && !take_stalled(index)) return;
  if (std::exchange(stalls_, false) && !scene_.well()) {
    // The time is read, and the datagram; then something else takes the processor.
    worker.stalled.emplace(local(), std::nullopt);
    if (!worker.socket.empty()) {
      worker.stalled->packet = std::move(worker.socket.front());
      worker.socket.pop_front();
    }
    machine_.sleep(now, scene_.sleep(random_));
    return schedule_turn(index, machine_.awake());
  }
  while (!worker.socket.empty()) {
    Packet packet = std::move(worker.socket.front());
    worker.socket.pop_front();
    if (!handle(index, std::move(packet), local())) return;
  }
  if (!end_handlers(index, local()) || !take_time(index, local())) return;
  set_timer(index, local());
  check_memory(worker);
  if (drains_ && idle()) crash();
}

bool ServerLife::take_stalled(unsigned worker) {
  Stalled stalled = *std::exchange(workers_[worker].stalled, std::nullopt);
  if (stalled.packet && !handle(worker, std::move(*stalled.packet), stalled.local)) return false;
  return take_time(worker, stalled.local);
}

bool ServerLife::handle(unsigned index, Packet packet, Instant local) {
  Worker& worker = workers_[index];
  worker.did_something = true;
  if (!make_room(index, local)) return false;
  watch_->begin(packet.bytes, packet.from, {.worker = index, .alone = eager_}, local);
  {
    const MemoryScope scope{worker.memory};
    worker.core->handle_datagram({.peer = packet.from, .local = packet.to, .payload = packet.bytes},
                                 local);
  }
  if (dies() || !run_handlers(index, local)) return false;
  if (eager_ && !poll_transmits(index, local)) return false;
  watch_->end();
  scene_.network.recycle(std::move(packet.bytes));
  return true;
}

bool ServerLife::run_handlers(unsigned index, Instant local) {
  while (const auto execution = poll_request(index, local)) {
    const auto uid = uid_of(execution->body);
    if (!uid || scene_.books.find(*uid) == nullptr) {
      if (!run_stranger(index, *execution, local)) return false;
      continue;
    }
    const Instant now = scene_.world.now();
    watch_->executes(*uid, execution->idempotent, now);
    Handler handler{.id = execution->id, .worker = index, .uid = *uid};
    handler.execution = scene_.books.execute(*uid, execution->body, execution->idempotent, epoch_,
                                             machine_.clock().when(local), now);
    const Duration time = handler_time();
    if (time > Duration{}) {
      handlers_.push_back(handler);
      scene_.world.at(now + time, *this,
                      (handlers_.size() - 1) << 8U | static_cast<unsigned>(Event::kHandlerEnds));
    } else if (!end_handler(handler, local)) {
      return false;
    }
    if (dies()) return false;
  }
  return true;
}

const Execution* ServerLife::poll_request(unsigned worker, Instant local) {
  const MemoryScope scope{workers_[worker].memory};
  return workers_[worker].core->poll_request(local);
}

bool ServerLife::make_room(unsigned worker, Instant local) {
  return !workers_[worker].core->must_transmit() || poll_transmits(worker, local);
}

bool ServerLife::run_stranger(unsigned worker, const Execution& execution, Instant local) {
  // Nobody of ours sent it: an attacker may. What bits that flipped did, nobody wants to know.
  result_.assign(std::min<std::size_t>(65'459, 20 * execution.body.size()), std::byte{0x5a});
  if (!make_room(worker, local)) return false;
  const MemoryScope scope{workers_[worker].memory};
  workers_[worker].core->reply(execution.id, 0, result_, local);
  return true;
}

Duration ServerLife::handler_time() {
  const Profile& profile = scene_.profile;
  if (scene_.well()) return {};
  const double drawn = random_.unit();
  if (scene_.has(Fault::kMuteHandlers) && drawn < profile.mute) {
    return scene_.trouble_ends() - scene_.world.now() + 1s;
  }
  if (scene_.has(Fault::kSlowHandlers) && chance(random_, profile.slow)) {
    return part_of(random_, profile.slowness) + 1us;
  }
  return {};
}

bool ServerLife::end_handler(const Handler& handler, Instant local) {
  Worker& worker = workers_[handler.worker];
  const RequestRecord& request = *scene_.books.find(handler.uid);
  if (!make_room(handler.worker, local)) return false;
  const bool abandons =
      scene_.has(Fault::kMuteHandlers) && !scene_.well() && chance(random_, scene_.profile.mute);
  if (!abandons) {
    write_result(result_, handler.uid, handler.execution, request.result);
    scene_.books.answer(handler.uid, handler.execution);
  }
  const MemoryScope scope{worker.memory};
  if (abandons) {
    worker.core->abandon(handler.id, local);
  } else {
    worker.core->reply(handler.id, request.status, result_, local);
  }
  return true;
}

bool ServerLife::end_handlers(unsigned index, Instant local) {
  Worker& worker = workers_[index];
  while (!worker.ended.empty()) {
    worker.did_something = true;
    const std::size_t which = worker.ended.front();
    worker.ended.pop_front();
    if (!end_handler(handlers_[which], local) || dies()) return false;
    if (eager_ && !poll_transmits(index, local)) return false;
  }
  return true;
}

bool ServerLife::take_time(unsigned index, Instant local) {
  if (!make_room(index, local)) return false;
  {
    const MemoryScope scope{workers_[index].memory};
    workers_[index].core->handle_timeout(local);
  }
  return !dies() && poll_transmits(index, local);
}

bool ServerLife::poll_transmits(unsigned index, Instant local) {
  constexpr unsigned kTooMany = 100'000;
  Worker& worker = workers_[index];
  for (unsigned sent = 0; sent < kTooMany; ++sent) {
    std::optional<Transmit> transmit;
    {
      const MemoryScope scope{worker.memory};
      transmit = worker.core->poll_transmit(scene_.buffer, local);
    }
    if (!transmit) return true;
    worker.did_something = true;
    send(worker, *transmit, local);
    if (dies()) return false;
  }
  violate("no end", "never stops sending");
  return true;
}

void ServerLife::send(Worker& worker, const Transmit& transmit, Instant local) {
  // Without an address to send from the kernel takes its first.
  const Endpoint from = transmit.local.is_unspecified()
                            ? scene_.server.front()
                            : Endpoint{transmit.local, scene_.server.front().port()};
  Bytes run{scene_.buffer.data(), transmit.size};
  const std::size_t segment = transmit.segment_size == 0 ? transmit.size : transmit.segment_size;
  while (!run.empty()) {
    const Bytes datagram = run.first(std::min(segment, run.size()));
    run = run.subspan(datagram.size());
    if (datagram.size() > largest_) {
      worker.core->handle_too_large(transmit, datagram);
      continue;
    }
    const Instant now = scene_.world.now();
    watch_->sent(datagram, transmit.peer, local, machine_.clock().when(local), now);
    scene_.network.send_down(from, transmit.peer, datagram);
  }
}

void ServerLife::set_timer(unsigned index, Instant local) {
  constexpr unsigned kTooOften = 1'000;
  Worker& worker = workers_[index];
  worker.idle_turns = worker.did_something ? 0 : worker.idle_turns + 1;
  if (worker.idle_turns > kTooOften) violate("no end", "wakes up for nothing again and again");
  const auto next = worker.core->next_timeout();
  if (!next) return;
  const Instant now = scene_.world.now();
  schedule_turn(index, (*next <= local ? now : machine_.clock().when(*next)) + kWakeUp);
}

void ServerLife::check_memory(const Worker& worker) {
  const std::uint64_t charged = worker.core->counters().bytes;
  if (charged > limits_.memory) {
    violate("memory", fmt::format("holds {} bytes of {}", charged, limits_.memory));
  }
  // What the allocator says, beside what the core does: its header promises so much.
  constexpr std::size_t kTables = 2'000'000;
  constexpr std::size_t kHandler = 200;
  const std::size_t most = limits_.memory + kTables + kHandler * limits_.running;
  if (worker.memory.live > most) {
    violate("memory", fmt::format("has allocated {} bytes of {}", worker.memory.live, most));
  }
}

void ServerLife::violate(std::string oracle, const std::string& what) {
  scene_.verdict.violate(scene_.world.now(), std::move(oracle), "the server " + what);
}

}  // namespace volley::sim
