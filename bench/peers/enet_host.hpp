#pragma once

#include <enet/enet.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "bench/limit/socket.hpp"

namespace bench {

/// A host of ENet: a UDP socket and the connections over it. With an address, a server.
class Host {
 public:
  Host(const ENetAddress* address, std::size_t peers) {
    if (enet_initialize() == 0) host_ = enet_host_create(address, peers, 1, 0, 0);
    if (host_ == nullptr) {
      std::fprintf(stderr, "ENet made no host\n");
      std::exit(1);
    }
    set_receive_room(host_->socket, kReceiveRoom);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    enet_host_destroy(host_);
    enet_deinitialize();
  }

  ENetHost* get() { return host_; }

  /// Waits for events, gives `handle` all there are, and sends what they gave rise to at once.
  /// False if nothing came in time.
  template <class Handle>
  bool serve(unsigned timeout_ms, Handle handle) {
    ENetEvent event;
    int found = enet_host_service(host_, &event, timeout_ms);
    const bool any = found > 0;
    for (; found > 0; found = enet_host_check_events(host_, &event)) handle(event);
    if (any) enet_host_flush(host_);
    return any;
  }

 private:
  ENetHost* host_ = nullptr;
};

/// Hands a reliable packet over to `peer`. False if it takes no more.
inline bool send_reliably(ENetPeer* peer, std::span<const std::byte> body) {
  ENetPacket* const packet =
      enet_packet_create(body.data(), body.size(), ENET_PACKET_FLAG_RELIABLE);
  if (packet == nullptr) return false;
  if (enet_peer_send(peer, 0, packet) == 0) return true;
  enet_packet_destroy(packet);
  return false;
}

}  // namespace bench
