#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <volley/udp_socket.hpp>

#include "os/poller.hpp"
#include "os/sockaddr.hpp"
#include "os/socket_options.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

namespace volley {
namespace {

using os::Fd;
using os::system_error;

Result<Fd> open_udp(Family family) {
  Fd fd{::socket(os::to_domain(family), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (fd) return fd;
  const int number = errno;
  return std::unexpected(system_error(
      number, fmt::format("cannot open an {} socket", family == Family::kIpv4 ? "IPv4" : "IPv6"),
      number == EMFILE ? "raise the limit with `ulimit -n`" : ""));
}

Error bind_error(int number, const Endpoint& local) {
  std::string_view hint;
  if (number == EACCES)
    hint = "ports below 1024 need root or CAP_NET_BIND_SERVICE, so try a port of 1024 or above";
  if (number == EADDRINUSE) {
    hint = local.port() == 0
               ? "every port that the kernel chooses from is taken (net.ipv4.ip_local_port_range)"
               : "another program listens there: stop it, or choose another port (0 picks a free "
                 "one)";
  }
  if (number == EADDRNOTAVAIL)
    hint = "no interface of this machine has that address (`ip address` lists them)";
  if (number == EINVAL && local.address().kind() == AddressKind::kLinkLocal) {
    hint = "a link-local address needs its interface, as in [fe80::1%eth0]:1060";
  }
  return system_error(number, fmt::format("cannot bind {}", local.to_string()), hint);
}

Error connect_error(int number, const Endpoint& peer) {
  std::string_view hint;
  if (os::error_code(number) == ErrorCode::kUnreachable)
    hint = "this machine has no route there (`ip route` lists them)";
  if (number == EACCES) hint = "a broadcast address needs SO_BROADCAST switched on";
  if (number == EINVAL && peer.address().kind() == AddressKind::kLinkLocal) {
    hint = "a link-local address needs its interface, as in [fe80::1%eth0]:1060";
  }
  return system_error(number, fmt::format("cannot reach {}", peer.to_string()), hint);
}

int set_int(const Fd& fd, int level, int name, int value) {
  return ::setsockopt(fd.number(), level, name, &value, sizeof value) == 0 ? 0 : errno;
}

/// What must be set before bind() can see it.
Result<void> prepare(const Fd& fd, Family family, const BindOptions& options) {
  const auto set = [&fd](bool wanted, int level, int name, std::string_view what) -> Result<void> {
    const int number = wanted ? set_int(fd, level, name, 1) : 0;
    if (number != 0) return std::unexpected(system_error(number, what));
    return {};
  };
  if (auto done = set(options.reuse_address, SOL_SOCKET, SO_REUSEADDR, "cannot share the address");
      !done)
    return done;
  if (auto done = set(options.reuse_port, SOL_SOCKET, SO_REUSEPORT, "cannot share the port"); !done)
    return done;
  if (auto done = set(options.free_bind, IPPROTO_IP, IP_FREEBIND, "cannot bind freely"); !done)
    return done;
  if (family == Family::kIpv6) set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.dual_stack ? 0 : 1);
  if (!options.device.empty())
    return os::set_socket_option(fd.number(), "SO_BINDTODEVICE=" + options.device);
  return {};
}

/// A wildcard socket hears only the groups that it joined itself, not those of other programs.
void own_groups_only(const Fd& fd, Family family) {
  set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  if (family == Family::kIpv6) set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

std::unique_ptr<os::UdpState> make_state(Fd fd, Family family) {
  auto state = std::make_unique<os::UdpState>();
  state->fd = std::move(fd);
  state->family = family;
  state->counters.segmentation = !os::switched_off("VOLLEY_NO_GSO");
  return state;
}

Result<void> send_one(const UdpSocket& socket, msghdr& message, const Endpoint& peer) {
  ssize_t sent = 0;
  bool asked_again = false;
  do {
    sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    // A connected socket keeps the ICMP error of an earlier datagram for the next call, whatever
    // that one's size. Asked again, the kernel speaks of this one.
  } while (sent < 0 &&
           (errno == EINTR || (errno == EMSGSIZE && !std::exchange(asked_again, true))));
  if (sent >= 0) return {};
  const int number = errno;
  const std::string_view hint =
      number == EMSGSIZE ? "it is larger than the path or UDP (65,507 bytes) can take"
      : number == EACCES ? "a broadcast address needs SO_BROADCAST switched on"
                         : "";
  const std::string to = peer == Endpoint{} ? "" : " to " + peer.to_string();
  return std::unexpected(system_error(
      number, fmt::format("cannot send {} bytes{}", message.msg_iov->iov_len, to), hint));
}

}  // namespace

bool os::switched_off(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && *value != '0';
}

Result<void> os::UdpState::set(int level, int name, int value, const char* what) const {
  const int number = set_int(fd, level, name, value);
  if (number == 0) return {};
  return std::unexpected(system_error(number, fmt::format("cannot set {} to {}", what, value)));
}

Result<void> os::UdpState::set_for_family(int v4_name, int v6_name, int value,
                                          const char* what) const {
  if (family == Family::kIpv6) {
    if (auto done = set(IPPROTO_IPV6, v6_name, value, what); !done) return done;
  }
  return set(IPPROTO_IP, v4_name, value, what);
}

Result<Endpoint> os::UdpState::name() const {
  os::SocketAddress address;
  address.size = sizeof address.storage;
  if (::getsockname(fd.number(), address.get(), &address.size) == 0)
    return os::from_sockaddr(address.get());
  return std::unexpected(system_error(errno, "cannot tell the socket's address"));
}

Result<void> os::UdpState::must_carry(const Endpoint& address) const {
  if (carries(family, address.address())) return {};
  return std::unexpected(
      Error{ErrorCode::kInvalid, EAFNOSUPPORT,
            fmt::format("the IPv4 socket {} cannot carry {}; use one bound to an IPv6 address",
                        bound.to_string(), address.to_string())});
}

UdpSocket::UdpSocket(std::unique_ptr<os::UdpState> state) : state_{std::move(state)} {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

Result<UdpSocket> UdpSocket::bind(const Endpoint& local, const BindOptions& options) {
  const bool wildcard = local.address().is_unspecified();
  auto fd = open_udp(local.family());
  if (!fd && fd.error().code == ErrorCode::kUnsupported && wildcard && options.dual_stack) {
    return bind({IpAddress::any_v4(), local.port()}, options);  // A machine without IPv6.
  }
  if (!fd) return std::unexpected(fd.error());
  if (auto done = prepare(*fd, local.family(), options); !done)
    return std::unexpected(done.error());

  const os::SocketAddress address = os::to_sockaddr(local, local.family());
  if (::bind(fd->number(), address.get(), address.size) != 0)
    return std::unexpected(bind_error(errno, local));

  UdpSocket socket{make_state(std::move(*fd), local.family())};
  auto name = socket.state_->name();
  if (!name) return std::unexpected(name.error());
  socket.state_->bound = *name;
  if (wildcard) {
    own_groups_only(socket.state_->fd, local.family());
    if (auto done = socket.set_packet_info(true); !done) return std::unexpected(done.error());
  }
  return socket;
}

Result<UdpSocket> UdpSocket::open_connected(const Endpoint& peer) {
  auto fd = open_udp(peer.family());
  if (!fd) return std::unexpected(fd.error());
  UdpSocket socket{make_state(std::move(*fd), peer.family())};
  if (auto done = socket.connect(peer); !done) return std::unexpected(done.error());
  return socket;
}

Result<void> UdpSocket::connect(const Endpoint& peer) {
  if (auto done = state_->must_carry(peer); !done) return done;
  const os::SocketAddress address = os::to_sockaddr(peer, state_->family);
  if (::connect(state_->fd.number(), address.get(), address.size) != 0) {
    return std::unexpected(connect_error(errno, peer));
  }
  state_->connected = true;
  auto name = state_->name();
  if (!name) return std::unexpected(name.error());
  state_->bound = *name;
  return {};
}

Result<Endpoint> UdpSocket::local() const {
  return state_->name();
}
Family UdpSocket::family() const {
  return state_->family;
}
int UdpSocket::native_handle() const {
  return state_->fd.number();
}
const SocketCounters& UdpSocket::counters() const {
  return state_->counters;
}
void UdpSocket::set_send_fault(SendFault fault) {
  state_->fault = std::move(fault);
}

Result<void> UdpSocket::send(Bytes payload) {
  iovec part{const_cast<std::byte*>(payload.data()), payload.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return send_one(*this, message, {});
}

Result<void> UdpSocket::send_to(Bytes payload, const Endpoint& peer,
                                const IpAddress& source) const {
  for (const Endpoint& each : {peer, Endpoint{source, 0}}) {
    if (auto done = state_->must_carry(each); !done) return done;
  }
  os::SocketAddress address = os::to_sockaddr(peer, state_->family);
  iovec part{const_cast<std::byte*>(payload.data()), payload.size()};
  os::ControlBuffer control;
  os::ControlWriter writer{control};
  if (!source.is_unspecified()) writer.source(source, state_->family);
  msghdr message{};
  message.msg_name = &address.storage;
  message.msg_namelen = address.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = writer.size() == 0 ? nullptr : &control;
  message.msg_controllen = writer.size();
  return send_one(*this, message, peer);
}

Result<bool> UdpSocket::wait(Instant until) const {
  return os::wait_readable({state_->fd.number()}, until);
}

}  // namespace volley
