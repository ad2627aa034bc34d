#include <netinet/udp.h>

#include <cerrno>

#include "os/socket_options.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

namespace volley {
namespace {

int to_pmtudisc(Fragmentation mode) {
  switch (mode) {
    case Fragmentation::kAllow:
      return IP_PMTUDISC_DONT;
    case Fragmentation::kWant:
      return IP_PMTUDISC_WANT;
    case Fragmentation::kForbid:
      return IP_PMTUDISC_DO;
    case Fragmentation::kProbe:
      return IP_PMTUDISC_PROBE;
  }
  return IP_PMTUDISC_WANT;
}

}  // namespace

Result<void> UdpSocket::set_broadcast(bool on) {
  return state_->set(SOL_SOCKET, SO_BROADCAST, on ? 1 : 0, "SO_BROADCAST");
}

Result<void> UdpSocket::set_fragmentation(Fragmentation mode) {
  static_assert(IP_PMTUDISC_DO == IPV6_PMTUDISC_DO && IP_PMTUDISC_PROBE == IPV6_PMTUDISC_PROBE);
  return state_->set_for_family(IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, to_pmtudisc(mode),
                                "IP_MTU_DISCOVER");
}

Result<std::uint32_t> UdpSocket::path_mtu() const {
  const bool v4 = state_->family == Family::kIpv4;
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (::getsockopt(state_->fd.number(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU,
                   &mtu, &size) == 0) {
    return static_cast<std::uint32_t>(mtu);
  }
  return std::unexpected(
      os::system_error(errno, "cannot tell the path MTU", "connect the socket first"));
}

Result<void> UdpSocket::set_ttl(int hops) {
  return state_->set_for_family(IP_TTL, IPV6_UNICAST_HOPS, hops, "the TTL");
}

// The kernel gives no more than net.core.rmem_max, and does not call that an error.
Result<void> UdpSocket::set_receive_room() {
  return state_->set(SOL_SOCKET, SO_RCVBUF, static_cast<int>(BatchLimits::kReceiveRoom),
                     "SO_RCVBUF");
}

Result<void> UdpSocket::set_detail(const ArrivalDetail& detail) {
  const auto flag = [](bool on) { return on ? 1 : 0; };
  if (auto done = state_->set(SOL_SOCKET, SO_TIMESTAMPNS, flag(detail.time), "SO_TIMESTAMPNS");
      !done)
    return done;
  if (auto done = state_->set(SOL_SOCKET, SO_RXQ_OVFL, flag(detail.dropped), "SO_RXQ_OVFL"); !done)
    return done;
  if (auto done =
          state_->set_for_family(IP_RECVTTL, IPV6_RECVHOPLIMIT, flag(detail.ttl), "IP_RECVTTL");
      !done) {
    return done;
  }
  if (auto done =
          state_->set_for_family(IP_RECVTOS, IPV6_RECVTCLASS, flag(detail.ecn), "IP_RECVTOS");
      !done) {
    return done;
  }
  // The interface comes with the packet info, which a wildcard socket has anyway and needs for its
  // answers.
  return detail.interface ? set_packet_info(true) : Result<void>{};
}

Result<void> UdpSocket::set_packet_info(bool on) {
  return state_->set_for_family(IP_PKTINFO, IPV6_RECVPKTINFO, on ? 1 : 0, "IP_PKTINFO");
}

Result<void> UdpSocket::set_coalescing(bool on) {
  if (on && os::switched_off("VOLLEY_NO_GRO")) return {};
  auto done = state_->set(IPPROTO_UDP, UDP_GRO, on ? 1 : 0, "UDP_GRO");
  if (done) state_->counters.coalescing = on;
  return done;
}

Result<void> UdpSocket::set_error_queue(bool on) {
  return state_->set_for_family(IP_RECVERR, IPV6_RECVERR, on ? 1 : 0, "IP_RECVERR");
}

Result<void> UdpSocket::set_option(std::string_view name_and_value) {
  return os::set_socket_option(state_->fd.number(), name_and_value);
}

Result<OptionValue> UdpSocket::option(std::string_view name) const {
  return os::get_socket_option(state_->fd.number(), name);
}

}  // namespace volley
