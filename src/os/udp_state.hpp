#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <vector>

#include <volley/options.hpp>
#include <volley/udp_socket.hpp>

#include "os/control.hpp"
#include "os/fd.hpp"

namespace volley::os {

/// Whether this environment variable is set to anything but 0.
bool switched_off(const char* variable);

/// Messages handed to the kernel in one call.
inline constexpr std::size_t kSendMessages = 64;

/// What one message to or from the kernel points at. Side by side: a batch of one touches few
/// pages.
struct MessageParts {
  iovec bytes;
  sockaddr_storage name;
  ControlBuffer control;
};

/// What sendmmsg reads. Made once, at the first batch.
struct SendScratch {
  std::array<mmsghdr, kSendMessages> messages;
  std::array<MessageParts, kSendMessages> parts;
};

/// What recvmmsg writes, one entry a slot. Made at the first receive, and when a batch has more
/// slots.
struct ReceiveScratch {
  std::vector<mmsghdr> messages;
  std::vector<MessageParts> parts;
};

/// The destinations that no segmentation run is tried for: the kernel said that their interface
/// cannot. Bounded; a newcomer that finds it full is tried, refused and sent singly every time.
class UnsegmentedPeers {
 public:
  bool contains(const Endpoint& peer) const;
  void add(const Endpoint& peer);
  std::size_t size() const { return peers_.size(); }

 private:
  std::vector<Endpoint> peers_;
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
  std::unique_ptr<SendScratch> out;
  ReceiveScratch in;

  Result<void> set(int level, int name, int value, const char* what) const;
  /// Sets an option that exists once for IPv4 and once for IPv6. A dual-stack socket needs both.
  Result<void> set_for_family(int v4_name, int v6_name, int value, const char* what) const;
  /// Whether this socket itself joined the group that a datagram was sent to, on the interface it
  /// came in by.
  bool is_member(const Arrival& arrival, const Endpoint& peer) const;
  /// Asks the kernel where the socket is bound.
  Result<Endpoint> name() const;
};

}  // namespace volley::os
