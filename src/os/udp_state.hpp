#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <vector>

#include <volley/options.hpp>
#include <volley/udp_socket.hpp>

#include "os/control.hpp"
#include "os/fd.hpp"

namespace volley::os {

/// Whether this environment variable is set to anything but 0.
bool switched_off(const char* variable);

/// What one message to or from the kernel points at. Side by side: a batch of one touches few
/// pages.
struct MessageParts {
  iovec bytes;
  sockaddr_storage name;
  ControlBuffer control;
};

/// What sendmmsg reads and recvmmsg writes, each in its turn. As large as the largest call so far.
struct MessageScratch {
  std::vector<mmsghdr> messages;
  std::vector<MessageParts> parts;

  void fit(std::size_t count) {
    if (messages.size() >= count) return;
    messages.resize(count);
    parts.resize(count);
  }
};

/// The destinations that no segmentation run is tried for: the kernel refused one, and took its
/// datagrams singly. Bounded: the oldest gives way.
class UnsegmentedPeers {
 public:
  bool contains(const IpAddress& peer) const;
  void add(const IpAddress& peer);
  std::size_t size() const { return peers_.size(); }

 private:
  std::vector<IpAddress> peers_;
  std::size_t oldest_ = 0;  // Once it is full.
};

/// What a UdpSocket is made of.
struct UdpState {
  Fd fd;
  Family family = Family::kIpv4;
  bool connected = false;
  bool may_linger = false;  ///< SO_RCVTIMEO is set.
  Endpoint bound;           ///< Of datagrams that do not tell where they were sent to.
  SocketCounters counters;
  UdpSocket::SendFault fault;
  std::vector<Membership> memberships;
  UnsegmentedPeers unsegmented;
  int trouble = 0;  ///< The first errno that the last batch sent met on a peer's account, or 0.
  MessageScratch scratch;

  [[nodiscard]] Result<void> set(int level, int name, int value, const char* what) const;
  /// Sets an option that exists once for IPv4 and once for IPv6. A dual-stack socket needs both.
  [[nodiscard]] Result<void> set_for_family(int v4_name, int v6_name, int value,
                                            const char* what) const;
  /// Whether this socket itself joined the group that a datagram was sent to, on the interface it
  /// came in by.
  bool is_member(const Arrival& arrival, const Endpoint& peer) const;
  /// Asks the kernel where the socket is bound.
  [[nodiscard]] Result<Endpoint> name() const;
  /// Fails with kInvalid if the socket's family cannot carry the address.
  [[nodiscard]] Result<void> must_carry(const Endpoint& address) const;
};

}  // namespace volley::os
