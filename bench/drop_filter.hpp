#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include <volley/udp_socket.hpp>

namespace bench {

/// Has the kernel lose that part of what arrives at a socket, at random: what ServerOptions::drop
/// does for a server. It loses whole trains where a server loses single datagrams of them.
inline volley::Result<void> drop_arrivals(volley::UdpSocket& socket, double part) {
  constexpr std::uint32_t kAll = UINT32_MAX;
  constexpr std::uint32_t kRandom = static_cast<std::uint32_t>(SKF_AD_OFF) + SKF_AD_RANDOM;
  const auto below = static_cast<std::uint32_t>(part * kAll);
  // A random number; if it is below, keep 0 bytes of the datagram, else all.
  std::array<sock_filter, 4> code = {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, kRandom},
                                      {BPF_JMP | BPF_JGE | BPF_K, 1, 0, below},
                                      {BPF_RET | BPF_K, 0, 0, 0},
                                      {BPF_RET | BPF_K, 0, 0, kAll}}};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (setsockopt(socket.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ==
      0)
    return {};
  return std::unexpected(
      volley::Error{volley::ErrorCode::kSystem, errno, "cannot attach a filter to the socket"});
}

}  // namespace bench
