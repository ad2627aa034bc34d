#pragma once

#include <volley/options.hpp>
#include <volley/udp_socket.hpp>

namespace volley {

/// Empties a socket's error queue. Nobody may wait for what it says, but it takes the datagrams'
/// room, and while it says anything the socket is "ready". Bounded: a flood of ICMP must not keep a
/// thread here.
template <class Hear>
void clear_error_queue(UdpSocket& socket, Hear hear) {
  for (int i = 0; i < BatchLimits::kErrors; ++i) {
    const auto error = socket.next_error();
    if (!error || !*error) return;
    hear(**error);
  }
}

inline void clear_error_queue(UdpSocket& socket) {
  clear_error_queue(socket, [](const SocketError&) {});
}

}  // namespace volley
