#pragma once

#include <coap3/coap.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "bench/limit/socket.hpp"

namespace bench {

/// Ends the program unless libcoap gave what was asked of it.
inline void check_coap(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "libcoap failed at %s\n", what);
  std::exit(1);
}

inline coap_address_t coap_loopback(std::uint16_t port) {
  coap_address_t address;
  coap_address_init(&address);
  address.size = sizeof address.addr.sin;
  address.addr.sin.sin_family = AF_INET;
  address.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.addr.sin.sin_port = htons(port);
  return address;
}

/// The program's only UDP socket, with the receive room of all programs here. libcoap does not hand
/// its sockets out, so it is looked for.
inline int coap_socket() {
  constexpr int kMost = 64;
  for (int fd = 3; fd < kMost; ++fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM) continue;
    set_receive_room(fd, kReceiveRoom);
    return fd;
  }
  check_coap(false, "its socket");
  return -1;
}

}  // namespace bench
