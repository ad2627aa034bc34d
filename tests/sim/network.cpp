#include "network.hpp"

#include <utility>

#include "wire_text.hpp"

namespace volley::sim {

Network::Network(const Profile& profile, World& world, Trace& trace)
    : profile_{profile}, world_{world}, trace_{trace}, random_{mix_bits(profile.seed ^ 0x6e6574U)} {
  for (unsigned path = 0; path <= profile.clients; ++path) {
    const bool good = path == profile.clients;
    up_.emplace_back(profile, 2 * path, good);
    down_.emplace_back(profile, 2 * path + 1, good);
  }
}

void Network::attach(const Endpoint& endpoint, Port& port, unsigned path) {
  routes_.insert_or_assign(endpoint, Route{&port, path});
}

void Network::send_up(const Endpoint& from, const Endpoint& to, Bytes bytes, unsigned path) {
  send(from, to, bytes, up_[path]);
}

void Network::send_down(const Endpoint& from, const Endpoint& to, Bytes bytes) {
  const auto route = routes_.find(to);
  // To an address that somebody forged: it meets the attacker's weather.
  send(from, to, bytes, down_[route == routes_.end() ? profile_.clients : route->second.path]);
}

void Network::send(const Endpoint& from, const Endpoint& to, Bytes bytes, PathWeather& weather) {
  const Instant now = world_.now();
  const int copies = weather.duplicates(now) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    const auto delay = weather.delay_of(bytes.size(), now);
    ++datagrams_;
    trace_.note(bytes);
    trace_.note(static_cast<std::uint64_t>(delay ? delay->count() : -1));
    if (trace_.printing()) {
      trace_.say(now, "{} > {} {}: {}", from.to_string(), to.to_string(),
                 delay ? fmt::format("in {:.6f} s", std::chrono::duration<double>{*delay}.count())
                       : "lost",
                 describe_datagram(bytes));
    }
    if (delay) launch(from, to, bytes, *delay);
  }
}

void Network::launch(const Endpoint& from, const Endpoint& to, Bytes bytes, Duration delay) {
  if (free_.empty()) {
    free_.push_back(under_way_.size());
    under_way_.emplace_back();
  }
  const std::size_t place = free_.back();
  free_.pop_back();
  Packet& packet = under_way_[place];
  packet.from = from;
  packet.to = to;
  if (!spare_.empty()) {
    packet.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  packet.bytes.assign(bytes.begin(), bytes.end());
  const bool trouble = world_.now() < Instant{profile_.trouble};
  if (profile_.judged == Judged::kSurvival && trouble && random_.unit() < profile_.corruption)
    flip(packet.bytes);
  world_.at(world_.now() + delay, *this, place);
}

void Network::flip(std::vector<std::byte>& bytes) {
  if (bytes.empty()) return;
  const std::uint64_t flips = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < flips; ++i) {
    bytes[random_.below(bytes.size())] ^= std::byte{1} << random_.below(8);
  }
  if (random_.below(8) == 0) bytes.resize(random_.below(bytes.size()) + 1);
}

void Network::wake(std::uint64_t token) {
  Packet packet = std::move(under_way_[token]);
  free_.push_back(token);
  const auto route = routes_.find(packet.to);
  trace_.note(world_.now());
  if (route == routes_.end()) {
    recycle(std::move(packet.bytes));
    return;
  }
  route->second.port->arrive(std::move(packet));
}

}  // namespace volley::sim
