#pragma once

#include <cstdint>

/// The sockets of the bare programs: IPv4, loopback, blocking, and no cleverness. Nothing here
/// comes from Volley.
namespace bench {

/// Ends the program with the system's words for what failed.
[[noreturn]] void fail(const char* what);

/// A socket on a free port of 127.0.0.1, which is printed: "listening on 127.0.0.1:PORT".
int open_server();

/// A socket connected to a port of 127.0.0.1.
int open_client(std::uint16_t port);

std::uint16_t port_argument(const char* text);

/// Asks for `bytes` of room for what has arrived; the kernel gives as much as net.core.rmem_max
/// allows.
void set_receive_room(int fd, int bytes);

/// Room for every datagram in flight at once, with the kernel's bookkeeping.
inline constexpr int kReceiveRoom = 4 * 1024 * 1024;

}  // namespace bench
