#include <netinet/in.h>
// The kernel's header needs the time types before it.
#include <linux/errqueue.h>
#include <time.h>

#include <array>
#include <cerrno>

#include "os/sockaddr.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

namespace volley {
namespace {

SocketError::Origin to_origin(std::uint8_t origin) {
  if (origin == SO_EE_ORIGIN_ICMP) return SocketError::Origin::kIcmp;
  if (origin == SO_EE_ORIGIN_ICMP6) return SocketError::Origin::kIcmp6;
  return origin == SO_EE_ORIGIN_LOCAL ? SocketError::Origin::kLocal : SocketError::Origin::kOther;
}

/// struct sock_extended_err, and behind it the address of whoever reported the error.
void read_extended(const cmsghdr& header, SocketError& out) {
  const auto error = os::control_value<sock_extended_err>(header);
  out.origin = to_origin(error.ee_origin);
  out.system_error = static_cast<int>(error.ee_errno);
  out.code = os::error_code(out.system_error);
  out.icmp_type = error.ee_type;
  out.icmp_code = error.ee_code;
  if (error.ee_errno == EMSGSIZE) out.mtu = error.ee_info;
  struct Whole {
    sock_extended_err error;
    sockaddr_in6 reporter;  // Large enough for either family.
  };
  if (header.cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in))) return;
  Whole whole{};
  std::memcpy(&whole, CMSG_DATA(&header), std::min(sizeof whole, header.cmsg_len - CMSG_LEN(0)));
  const auto* reporter = reinterpret_cast<const sockaddr*>(&whole.reporter);
  if (reporter->sa_family != AF_UNSPEC) out.reporter = os::from_sockaddr(reporter).address();
}

bool is_error_message(const cmsghdr& header) {
  return (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RECVERR) ||
         (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_RECVERR);
}

}  // namespace

Result<std::optional<SocketError>> UdpSocket::next_error() {
  // ICMP brings back 576 bytes (IPv4) or 1,280 (IPv6) at most; the local stack the whole datagram.
  std::array<std::byte, 1280> payload;
  iovec part{payload.data(), payload.size()};
  os::SocketAddress destination;
  os::ControlBuffer control;
  msghdr message{};
  message.msg_name = &destination.storage;
  message.msg_namelen = sizeof destination.storage;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;

  ssize_t got = 0;
  do {
    got = ::recvmsg(state_->fd.number(), &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  if (got < 0)
    return std::unexpected(os::system_error(errno, "cannot read the socket's error queue"));

  SocketError error;
  error.destination = os::from_sockaddr(destination.get());
  error.payload.assign(payload.begin(), payload.begin() + got);
  for (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(header))) {
    if (is_error_message(*header)) read_extended(*header, error);
  }
  return error;
}

}  // namespace volley
