#include "cli/reach.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <volley/client.hpp>

namespace volley::cli {

namespace {

constexpr std::size_t kPingSize = 64;
/// How long to wait for each address, in one round after another.
constexpr std::array kWaits{std::chrono::milliseconds{100}, std::chrono::milliseconds{200},
                            std::chrono::milliseconds{400}, std::chrono::milliseconds{800}};

Result<std::vector<Client>> open_all(const Route& route, Output& output) {
  std::vector<Client> clients;
  Error error;
  for (const Endpoint& target : route.targets) {
    auto client = Client::open(
        target,
        {.window = 1, .source = route.choice.source_for(target), .device = route.choice.device});
    if (client) {
      clients.push_back(std::move(*client));
    } else {
      error = client.error();
      output.detail(error.message + "; trying the next address");
    }
  }
  if (clients.empty()) return std::unexpected(error);
  return clients;
}

}  // namespace

Result<Endpoint> find_reachable(const Route& route, std::optional<Instant> deadline,
                                Output& output) {
  if (route.targets.size() == 1) return route.targets.front();
  auto clients = open_all(route, output);
  if (!clients) return std::unexpected(clients.error());
  Endpoint best = clients->front().server();
  for (const Duration wait : kWaits) {
    bool waited = false;
    for (Client& client : *clients) {
      const Duration left = deadline ? *deadline - now() : wait;
      if (left <= Duration::zero()) return best;
      const auto pong = client.ping(kPingSize, std::min(wait, left));
      // An echo takes two round trips when the server does not know us: one shows that it is there.
      if (client.counters().received > 0) return client.server();
      if (!pong) output.detail(pong.error().message + "; trying the next address");
      if (pong && !waited) best = client.server();
      waited |= pong.has_value();
    }
    if (!waited) break;  // All of them refused.
  }
  return best;
}

}  // namespace volley::cli
