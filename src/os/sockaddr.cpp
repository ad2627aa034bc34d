#include "os/sockaddr.hpp"

#include <arpa/inet.h>

#include <cstring>
#include <memory>

#include "base/check.hpp"

namespace volley::os {

IpAddress from_in_addr(const in_addr& address) {
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

IpAddress from_in6_addr(const in6_addr& address, std::uint32_t scope) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes).with_scope(scope);
}

in_addr to_in_addr(const IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data() + 12, sizeof out);
  return out;
}

in6_addr to_in6_addr(const IpAddress& address) {
  in6_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

SocketAddress to_sockaddr(const Endpoint& endpoint, Family socket_family) {
  SocketAddress out;
  out.size = write_sockaddr(endpoint, socket_family, out.storage);
  return out;
}

socklen_t write_sockaddr(const Endpoint& endpoint, Family socket_family, sockaddr_storage& out) {
  const IpAddress& address = endpoint.address();
  VOLLEY_CHECK(carries(socket_family, address));
  if (socket_family == Family::kIpv4) {
    auto& in = *std::construct_at(reinterpret_cast<sockaddr_in*>(&out));
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port());
    in.sin_addr = to_in_addr(address);
    return sizeof in;
  }
  auto& in6 = *std::construct_at(reinterpret_cast<sockaddr_in6*>(&out));
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(endpoint.port());
  if (!address.is_unspecified()) in6.sin6_addr = to_in6_addr(address);
  in6.sin6_scope_id = address.scope();
  return sizeof in6;
}

Endpoint from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    return {from_in_addr(in->sin_addr), ntohs(in->sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address);
    return {from_in6_addr(in6->sin6_addr, in6->sin6_scope_id), ntohs(in6->sin6_port)};
  }
  return {};
}

}  // namespace volley::os
