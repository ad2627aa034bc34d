#pragma once

#include <volley/udp_socket.hpp>

namespace volley::os {

/// Has the kernel give each datagram to a member of the socket's SO_REUSEPORT group: number
/// bytes 4–5 mod `members` in the order they were bound (protocol.md §2.2). One member sets it for
/// all. A hint: a train follows its first datagram, and a group that changes steers otherwise.
[[nodiscard]] Result<void> steer_group(const UdpSocket& member, unsigned members);

}  // namespace volley::os
