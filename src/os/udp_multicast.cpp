#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "os/sockaddr.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

namespace volley {
namespace {

Error membership_error(int number, bool join, const Membership& membership) {
  std::string_view hint;
  if (number == ENODEV)
    hint = "name an interface that is up and can multicast (`ip link` lists them)";
  if (number == EADDRINUSE || number == EADDRNOTAVAIL) hint = "this socket is a member already";
  if (number == EINVAL)
    hint = "the group must be a multicast address, and a source of the same family";
  if (number == ENOBUFS) hint = "raise net.ipv4.igmp_max_memberships, or use another socket";
  if (!join) hint = "this socket did not join that, or has left it";
  return os::system_error(
      number, fmt::format("cannot {} {}", join ? "join" : "leave", membership.group.to_string()),
      hint);
}

/// The protocol-independent calls of RFC 3678. An IPv4 group on a dual-stack socket is IPv4's
/// business.
Result<void> change(int fd, bool join, const Membership& membership) {
  const Family family = membership.group.family();
  const int level = family == Family::kIpv4 ? IPPROTO_IP : IPPROTO_IPV6;
  if (membership.source && membership.source->family() != family)
    return std::unexpected(membership_error(EINVAL, join, membership));
  const sockaddr_storage group = os::to_sockaddr({membership.group, 0}, family).storage;
  int failed = 0;
  if (membership.source) {
    group_source_req request{};
    request.gsr_interface = membership.interface;
    request.gsr_group = group;
    request.gsr_source = os::to_sockaddr({*membership.source, 0}, family).storage;
    failed = ::setsockopt(fd, level, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP,
                          &request, sizeof request);
  } else {
    group_req request{};
    request.gr_interface = membership.interface;
    request.gr_group = group;
    failed = ::setsockopt(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request,
                          sizeof request);
  }
  if (failed == 0) return {};
  return std::unexpected(membership_error(errno, join, membership));
}

}  // namespace

bool os::UdpState::is_member(const Arrival& arrival, const Endpoint& peer) const {
  return std::ranges::any_of(memberships, [&](const Membership& membership) {
    return membership.group.with_scope(0) == *arrival.group &&
           (membership.interface == 0 || membership.interface == arrival.interface) &&
           (!membership.source || membership.source->with_scope(0) == peer.address().with_scope(0));
  });
}

Result<void> UdpSocket::join(const Membership& membership) {
  auto done = change(state_->fd.number(), true, membership);
  if (done) state_->memberships.push_back(membership);
  return done;
}

Result<void> UdpSocket::leave(const Membership& membership) {
  auto done = change(state_->fd.number(), false, membership);
  if (done) std::erase(state_->memberships, membership);
  return done;
}

Result<void> UdpSocket::set_multicast_interface(std::uint32_t interface) {
  const auto index = static_cast<int>(interface);
  if (state_->family == Family::kIpv6) {
    if (auto done = state_->set(IPPROTO_IPV6, IPV6_MULTICAST_IF, index, "IPV6_MULTICAST_IF"); !done)
      return done;
  }
  ip_mreqn request{};
  request.imr_ifindex = index;
  if (::setsockopt(state_->fd.number(), IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) == 0)
    return {};
  return std::unexpected(
      os::system_error(errno, fmt::format("cannot multicast by interface {}", interface)));
}

Result<void> UdpSocket::set_multicast_ttl(int hops) {
  return state_->set_for_family(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops, "the multicast TTL");
}

Result<void> UdpSocket::set_multicast_loop(bool on) {
  return state_->set_for_family(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on ? 1 : 0,
                                "IP_MULTICAST_LOOP");
}

}  // namespace volley
