#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scene.hpp"
#include "wire_view.hpp"

namespace volley::sim {

/// Somebody with an address and no scruples. He sees what is sent to him and nothing else, sends
/// from whatever address he likes, and guesses. On numbers of his own he also is a client who uses
/// every freedom that protocol.md gives: those are booked, and run once.
class Attacker final : public Actor, public Port {
 public:
  explicit Attacker(Scene& scene);

  void arrive(Packet packet) override;
  void wake(std::uint64_t token) override;

 private:
  /// An address of his own, and what the server last told him there.
  struct Foothold {
    Endpoint endpoint;
    WireHeader held{};
  };
  /// A number of his own.
  struct Own {
    std::uint32_t seq;
    Uid uid;
    Instant first;
    std::uint64_t epoch;
  };
  /// A datagram that he wrote, to be sent once more.
  struct Sent {
    Endpoint to;
    std::vector<std::byte> bytes;
  };

  // What he may do, each in its own way harmful.
  void contact();
  void ask();
  void probe_first();
  void send_again();
  void replay();
  void use_ticket_elsewhere();
  void flood_idempotent();
  void flood_contexts();
  void forge_server();
  void send_garbage();

  const Endpoint& endpoint() const { return footholds_[here_].endpoint; }
  const WireHeader& held() const { return footholds_[here_].held; }
  WireHeader header(std::uint64_t client_id) const;
  Own& open_number();
  void write_request(WireWriter& writer, const Own& own, std::uint8_t attempt);
  void send(const Endpoint& from, const WireWriter& writer);
  void send_bytes(const Endpoint& from, const Endpoint& to, Bytes bytes);
  Endpoint false_address();
  Endpoint a_server() { return scene_.server[random_.below(scene_.server.size())]; }

  Scene& scene_;
  Random random_;
  unsigned path_;
  std::vector<Foothold> footholds_;
  std::size_t here_ = 0;  // The one he works from now.
  Endpoint server_;
  std::uint64_t client_id_;
  std::vector<Own> own_;
  std::vector<Sent> log_;
  std::vector<std::byte> body_;
  unsigned left_;
};

}  // namespace volley::sim
