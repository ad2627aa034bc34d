#include "server_host.hpp"

#include <utility>

namespace volley::sim {

ServerHost::ServerHost(Scene& scene) : scene_{scene}, random_{scene.stream(30'000)} {
  const Profile& profile = scene.profile;
  for (const Endpoint& endpoint : scene.server) {
    scene.network.attach(endpoint, *this, profile.clients);
  }
  begin();
  const auto plan = [&](Fault fault, unsigned times, Event event) {
    for (unsigned i = 0; scene_.has(fault) && i < times; ++i) {
      schedule(Instant{part_of(random_, profile.trouble)}, event);
    }
  };
  for (unsigned i = 0; scene.has(Fault::kServerCrash) && i < profile.server_crashes; ++i) {
    const bool gently = random_.below(4) == 0;
    schedule(Instant{part_of(random_, profile.trouble)}, gently ? Event::kDrain : Event::kCrash);
  }
  plan(Fault::kTakeover, profile.takeovers, Event::kTakeover);
  plan(Fault::kSuspend, profile.suspends, Event::kSuspend);
  plan(Fault::kStall, profile.stalls, Event::kStall);
  schedule(scene.trouble_ends(), Event::kTroubleEnds);
}

void ServerHost::schedule(Instant when, Event event) {
  scene_.world.at(when, *this, static_cast<std::uint64_t>(event));
}

void ServerHost::wake(std::uint64_t token) {
  look();
  switch (static_cast<Event>(token)) {
    case Event::kBegin:
      if (present_ == nullptr) begin();
      return;
    case Event::kCrash:
      if (present_ == nullptr) return;
      // At once, or in the middle of something.
      if (random_.below(4) == 0) {
        present_->crash();
        look();
      } else {
        present_->crash_soon();
      }
      return;
    case Event::kTakeover:
      // The former owner lives on, reads what it had received, and sends; it receives no more.
      if (present_ == nullptr) return;
      present_ = nullptr;
      schedule(scene_.world.now() + part_of(random_, scene_.profile.downtime), Event::kBegin);
      return;
    case Event::kDrain:
      if (present_ != nullptr) present_->drain();
      return;
    case Event::kTroubleEnds:
      if (present_ != nullptr && present_->drains()) present_ = nullptr;
      if (present_ == nullptr) begin();
      return;
    case Event::kSuspend:
      if (present_ != nullptr) present_->suspend();
      return;
    case Event::kStall:
      if (present_ != nullptr) present_->stall();
      return;
  }
}

void ServerHost::begin() {
  lives_.push_back(std::make_unique<ServerLife>(scene_, static_cast<unsigned>(lives_.size())));
  present_ = lives_.back().get();
}

void ServerHost::look() {
  if (present_ == nullptr || !present_->dead()) return;
  present_ = nullptr;
  schedule(scene_.world.now() + part_of(random_, scene_.profile.downtime), Event::kBegin);
}

unsigned ServerHost::worker_of(Bytes datagram) {
  const unsigned workers = scene_.profile.workers;
  constexpr std::size_t kSteering = 4;
  const bool lost =
      scene_.has(Fault::kMisrouting) && !scene_.well() && chance(random_, scene_.profile.misrouted);
  if (workers == 1 || lost || datagram.size() < kSteering + 2) {
    return static_cast<unsigned>(random_.below(workers));
  }
  return (std::to_integer<unsigned>(datagram[kSteering]) << 8U |
          std::to_integer<unsigned>(datagram[kSteering + 1])) %
         workers;
}

void ServerHost::arrive(Packet packet) {
  look();
  if (present_ == nullptr) return scene_.network.recycle(std::move(packet.bytes));
  const unsigned worker = worker_of(packet.bytes);
  present_->arrive(std::move(packet), worker);
}

}  // namespace volley::sim
