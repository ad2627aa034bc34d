#include "os/control.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <time.h>

#include "base/check.hpp"
#include "os/sockaddr.hpp"

namespace volley::os {
namespace {

WallTime from_timespec(const timespec& time) {
  return WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

void read_ip(const cmsghdr& header, ControlInfo& out) {
  if (header.cmsg_type == IP_PKTINFO) {
    const auto info = control_value<in_pktinfo>(header);
    // Not ipi_addr: that may be a broadcast address or a group, which nothing can be sent from.
    out.local = from_in_addr(info.ipi_spec_dst);
    out.arrival.interface = static_cast<std::uint32_t>(info.ipi_ifindex);
    const IpAddress destination = from_in_addr(info.ipi_addr);
    if (destination.is_multicast()) out.arrival.group = destination;
  } else if (header.cmsg_type == IP_TTL) {
    out.arrival.ttl = static_cast<std::uint8_t>(control_value<int>(header));
  } else if (header.cmsg_type == IP_TOS) {
    out.ecn = static_cast<Ecn>(control_value<std::uint8_t>(header) & 3);
  }
}

void read_ipv6(const cmsghdr& header, ControlInfo& out) {
  if (header.cmsg_type == IPV6_PKTINFO) {
    const auto info = control_value<in6_pktinfo>(header);
    const IpAddress address = from_in6_addr(info.ipi6_addr, 0);
    out.arrival.interface = info.ipi6_ifindex;
    // A link-local address means nothing without its interface.
    const bool local_scope = address.kind() == AddressKind::kLinkLocal;
    if (address.family() == Family::kIpv4) return;  // IP_PKTINFO tells more of it.
    if (address.is_multicast()) {
      out.arrival.group = address;
    } else {
      out.local = local_scope ? address.with_scope(info.ipi6_ifindex) : address;
    }
  } else if (header.cmsg_type == IPV6_HOPLIMIT) {
    out.arrival.ttl = static_cast<std::uint8_t>(control_value<int>(header));
  } else if (header.cmsg_type == IPV6_TCLASS) {
    out.ecn = static_cast<Ecn>(control_value<int>(header) & 3);
  }
}

void read_socket(const cmsghdr& header, ControlInfo& out) {
  if (header.cmsg_type == SCM_TIMESTAMPNS) {
    out.arrival.time = from_timespec(control_value<timespec>(header));
  } else if (header.cmsg_type == SO_RXQ_OVFL) {
    out.arrival.dropped = control_value<std::uint32_t>(header);
  }
}

}  // namespace

template <class T>
void ControlWriter::add(int level, int type, const T& value) {
  VOLLEY_CHECK(size_ + CMSG_SPACE(sizeof value) <= kControlSize);
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof value);
  std::byte* place = buffer_.bytes.data() + size_;
  std::memcpy(place, &header, sizeof header);
  std::memcpy(place + CMSG_LEN(0), &value, sizeof value);
  size_ += CMSG_SPACE(sizeof value);
}

void ControlWriter::source(const IpAddress& address, Family socket_family) {
  if (socket_family == Family::kIpv4) {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(address);
    add(IPPROTO_IP, IP_PKTINFO, info);
  } else {
    // For an IPv4 peer of a dual-stack socket the kernel takes the IPv4-mapped source here too.
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(address);
    info.ipi6_ifindex = address.scope();
    add(IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void ControlWriter::segment_size(std::size_t bytes) {
  add(IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(bytes));
}

ControlInfo read_control(const msghdr& message) {
  ControlInfo out;
  for (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(header))) {
    if (header->cmsg_level == IPPROTO_IP) read_ip(*header, out);
    if (header->cmsg_level == IPPROTO_IPV6) read_ipv6(*header, out);
    if (header->cmsg_level == SOL_SOCKET) read_socket(*header, out);
    // An int, although UDP_SEGMENT is a u16.
    if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      out.segment_size = static_cast<std::size_t>(control_value<int>(*header));
    }
  }
  return out;
}

}  // namespace volley::os
