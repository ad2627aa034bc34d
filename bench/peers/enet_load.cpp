// Many requests in flight over one connection of ENet: reliable packets on one channel.

#include <enet/enet.h>
#include <netinet/in.h>

#include <cstddef>
#include <span>

#include "bench/peers/enet_host.hpp"
#include "bench/peers/load.hpp"

namespace {

class Client {
 public:
  explicit Client(const bench::LoadOptions& options) : host_{nullptr, 1}, load_{options} {
    const ENetAddress server{.host = htonl(INADDR_LOOPBACK), .port = options.port};
    server_ = enet_host_connect(host_.get(), &server, 1, 0);
  }

  int run() {
    if (server_ == nullptr) load_.fail("ENet has no connection to give");
    while (!load_.over()) {
      host_.serve(bench::kTickMs, [this](const ENetEvent& event) { handle(event); });
      load_.look();
    }
    if (server_ != nullptr) enet_peer_disconnect_now(server_, 0);
    return load_.finish();
  }

 private:
  void send(std::size_t slot) {
    if (!bench::send_reliably(server_, load_.ask(slot))) load_.fail("ENet takes no packet");
  }

  void handle(const ENetEvent& event) {
    switch (event.type) {
      case ENET_EVENT_TYPE_CONNECT:
        for (std::size_t slot = 0; slot < load_.in_flight(); ++slot) send(slot);
        break;
      case ENET_EVENT_TYPE_RECEIVE:
        receive(event.packet);
        break;
      case ENET_EVENT_TYPE_DISCONNECT:
        load_.fail("the server is gone");
        break;
      case ENET_EVENT_TYPE_NONE:
        break;
    }
  }

  void receive(ENetPacket* packet) {
    const auto slot = load_.take(std::as_bytes(std::span{packet->data, packet->dataLength}));
    enet_packet_destroy(packet);
    if (slot) send(*slot);
  }

  bench::Host host_;
  ENetPeer* server_ = nullptr;
  bench::Load load_;
};

}  // namespace

int main(int argc, char** argv) {
  return Client{bench::load_options(argc, argv)}.run();
}
