#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <volley/endpoint.hpp>

namespace volley::os {

/// An endpoint as the kernel wants it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// Whether a socket of this family can carry the address: an IPv4 one carries no IPv6.
constexpr bool carries(Family socket_family, const IpAddress& address) {
  return socket_family == Family::kIpv6 || address.family() == Family::kIpv4 ||
         address.is_unspecified();
}

/// For a socket of this family, which must carry the address: on an IPv6 one an IPv4 endpoint
/// becomes ::ffff:a.b.c.d, and the wildcard of either family becomes the socket's own.
SocketAddress to_sockaddr(const Endpoint& endpoint, Family socket_family);
/// The same, written in place; returns its size.
socklen_t write_sockaddr(const Endpoint& endpoint, Family socket_family, sockaddr_storage& out);

/// The canonical endpoint: ::ffff:a.b.c.d is IPv4. Any family but the two gives the default
/// endpoint.
Endpoint from_sockaddr(const sockaddr* address);

IpAddress from_in_addr(const in_addr& address);
IpAddress from_in6_addr(const in6_addr& address, std::uint32_t scope);
in_addr to_in_addr(const IpAddress& address);
in6_addr to_in6_addr(const IpAddress& address);

constexpr int to_domain(Family family) {
  return family == Family::kIpv4 ? AF_INET : AF_INET6;
}

}  // namespace volley::os
