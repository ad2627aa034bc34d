#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/time.hpp>

#include "base/random.hpp"
#include "path_weather.hpp"
#include "profile.hpp"
#include "trace.hpp"
#include "world.hpp"

namespace volley::sim {

/// A datagram under way, or unread in a socket.
struct Packet {
  Endpoint from;
  Endpoint to;
  std::vector<std::byte> bytes;
};

/// A socket.
class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;
  virtual void arrive(Packet packet) = 0;
};

/// Every path between every client and the server, with all that goes wrong on it while the trouble
/// lasts. Each client has a path of its own; the last is the attacker's.
class Network final : public Actor {
 public:
  Network(const Profile& profile, World& world, Trace& trace);

  /// What is sent to `endpoint` from now on, or is under way to it, reaches `port`.
  void attach(const Endpoint& endpoint, Port& port, unsigned path);
  /// It reaches nobody.
  void detach(const Endpoint& endpoint) { routes_.erase(endpoint); }

  void send_up(const Endpoint& from, const Endpoint& to, Bytes bytes, unsigned path);
  void send_down(const Endpoint& from, const Endpoint& to, Bytes bytes);
  /// Gives back the memory of one that was read.
  void recycle(std::vector<std::byte> bytes) { spare_.push_back(std::move(bytes)); }

  std::uint64_t datagrams() const { return datagrams_; }

  void wake(std::uint64_t token) override;

 private:
  struct Route {
    Port* port;
    unsigned path;
  };

  void send(const Endpoint& from, const Endpoint& to, Bytes bytes, PathWeather& weather);
  void launch(const Endpoint& from, const Endpoint& to, Bytes bytes, Duration delay);
  /// Damages some bits. Only for runs in which the checksum fails to notice.
  void flip(std::vector<std::byte>& bytes);

  const Profile& profile_;
  World& world_;
  Trace& trace_;
  Random random_;
  std::vector<PathWeather> up_;
  std::vector<PathWeather> down_;
  std::unordered_map<Endpoint, Route> routes_;
  std::vector<Packet> under_way_;
  std::vector<std::size_t> free_;
  std::vector<std::vector<std::byte>> spare_;
  std::uint64_t datagrams_ = 0;
};

}  // namespace volley::sim
