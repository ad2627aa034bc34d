#include "simulation.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "attacker.hpp"
#include "check_failed.hpp"
#include "client_host.hpp"
#include "scene.hpp"
#include "server_host.hpp"

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kServerPort = 7'007;
// What is still under way after the last request may run yet: two minutes late, or a sleep.
constexpr Duration kAftermath = 130s;
// Longer than the most patient request, and what its wait may cost.
constexpr Duration kMostTime = 3'600s;

/// Everybody in one run.
struct Cast {
  explicit Cast(Scene& scene) : server{scene}, attacker{scene} {
    for (unsigned i = 0; i < scene.profile.clients; ++i) {
      clients.push_back(std::make_unique<ClientHost>(scene, i));
    }
  }
  bool finished() const {
    return std::ranges::all_of(clients, [](const auto& client) { return client->finished(); });
  }

  ServerHost server;
  Attacker attacker;
  std::vector<std::unique_ptr<ClientHost>> clients;
};

void play(Scene& scene, const Cast& cast) {
  std::optional<Instant> end;
  while (!scene.verdict.broken() && scene.world.step()) {
    const Instant now = scene.world.now();
    if (end && now >= *end) return;
    if (!end && cast.finished()) end = std::max(now, scene.trouble_ends()) + kAftermath;
    if (now > scene.trouble_ends() + kMostTime) {
      scene.verdict.violate(now, "no end", "the run does not end");
    }
  }
}

}  // namespace

Report simulate(const Profile& profile, bool printing) {
  Scene scene{profile, printing};
  scene.server = {{scene.address(1, 0, 1), kServerPort}, {scene.address(1, 0, 2), kServerPort}};
  try {
    const auto cast = std::make_unique<Cast>(scene);
    play(scene, *cast);
  } catch (const CheckFailed& failure) {
    scene.verdict.violate(scene.world.now(), "crash", failure.what());
  }
  return {.violation = scene.verdict.violation(),
          .hash = scene.trace.hash(),
          .tally = scene.books.tally(),
          .datagrams = scene.network.datagrams(),
          .events = scene.world.events(),
          .simulated = scene.world.now().time_since_epoch()};
}

}  // namespace volley::sim
