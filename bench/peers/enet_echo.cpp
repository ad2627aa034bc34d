// An echo server with ENet: reliable packets on one channel.

#include <enet/enet.h>
#include <netinet/in.h>

#include "bench/peers/enet_host.hpp"
#include "bench/peers/load.hpp"

namespace {

constexpr std::size_t kPeers = 1024;

/// The packet that came is the packet that goes back.
void handle(const ENetEvent& event) {
  if (event.type != ENET_EVENT_TYPE_RECEIVE) return;
  event.packet->flags = ENET_PACKET_FLAG_RELIABLE;
  if (enet_peer_send(event.peer, 0, event.packet) != 0) enet_packet_destroy(event.packet);
}

}  // namespace

int main() {
  const ENetAddress loopback{.host = htonl(INADDR_LOOPBACK), .port = 0};
  bench::Host host{&loopback, kPeers};
  bench::announce(host.get()->address.port);
  while (true) host.serve(1000, handle);
}
