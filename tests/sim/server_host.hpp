#pragma once

#include <memory>
#include <vector>

#include "scene.hpp"
#include "server_life.hpp"

namespace volley::sim {

/// The server's addresses, and whoever has them now.
class ServerHost final : public Actor, public Port {
 public:
  explicit ServerHost(Scene& scene);

  void arrive(Packet packet) override;
  void wake(std::uint64_t token) override;

 private:
  enum class Event : std::uint8_t {
    kBegin,
    kCrash,
    kTakeover,
    kDrain,
    kTroubleEnds,
    kSuspend,
    kStall
  };

  void schedule(Instant when, Event event);
  void begin();
  unsigned worker_of(Bytes datagram);
  /// Notes that the server is down, if it is.
  void look();

  Scene& scene_;
  Random random_;
  std::vector<std::unique_ptr<ServerLife>> lives_;
  ServerLife* present_ = nullptr;  // Who receives; nobody between two lives.
};

}  // namespace volley::sim
