#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>
#include <volley/udp_socket.hpp>

#include "os/poller.hpp"

namespace volley::cli {

struct KernelMtu {
  std::uint64_t mtu = 0;        ///< Bytes of IP packet.
  std::size_t payload = 0;      ///< Bytes that a datagram of that size carries.
  std::uint64_t datagrams = 0;  ///< Sent to find out.
  bool reached = false;         ///< The host said something: a datagram of that size got there.
};

struct KernelMtuLimits {
  std::optional<std::uint64_t> max;  ///< Bytes of IP packet to try at most.
  Instant deadline;
};

/// Asks the kernel for the path MTU: sends datagrams with DF set, the largest first, until one is
/// taken and no ICMP error shrinks the path within a short wait. `socket` is connected to `target`.
///
/// Fails with kTimedOut, kStopped, kUnreachable, and as UdpSocket::send does.
[[nodiscard]] Result<KernelMtu> find_kernel_mtu(UdpSocket& socket, const Endpoint& target,
                                                const KernelMtuLimits& limits,
                                                const os::StopFlag& stop);

}  // namespace volley::cli
