#include "os/option_table.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>

namespace volley::os {
namespace {

// The C library's headers lack these; <linux/in.h> and <linux/in6.h>, which have them, clash with
// those. The numbers are the kernel's ABI, the same on every architecture.
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IP_PROTOCOL
#define IP_PROTOCOL 52
#endif
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11
#endif
#ifndef IPV6_FLOWLABEL_MGR
#define IPV6_FLOWLABEL_MGR 32
#endif
#ifndef IPV6_FLOWINFO_SEND
#define IPV6_FLOWINFO_SEND 33
#endif

using enum OptionKind;
using enum OptionAccess;

constexpr std::string_view kTimeout = "--timeout bounds the wait";
constexpr std::string_view kJoin = "join a group with --group";
constexpr std::string_view kJoinSource = "join one source of a group with --group and --from";
constexpr std::string_view kMulticastInterface = "choose the interface with --interface";
constexpr std::string_view kDevice =
    "a first device needs none since Linux 5.7, nor does binding to its address (--source)";
constexpr std::string_view kFilter = "a program is attached through the C API only";
constexpr std::string_view kNotDatagram = "it means nothing to a UDP socket";
constexpr std::string_view kRawOnly = "it belongs to raw IP sockets";
constexpr std::string_view kPerDatagram = "it travels with a datagram, not with the socket";
constexpr std::string_view kIpsec = "`ip xfrm` sets the policy of the whole machine";
constexpr std::string_view kConnected = "only a connected socket knows it";
constexpr std::string_view kByte = "it takes 0 to 255";
constexpr std::string_view kTtl = "it takes 1 to 255, or -1 for the system's default";
constexpr std::string_view kByteOrDefault = "it takes 0 to 255, or -1 for the system's default";
constexpr std::string_view kDiscovery = "it takes 0 to 5";
constexpr std::string_view kStamps = "not every kernel has every flag of it";
constexpr std::string_view kBusy = "net.core.busy_read and busy_poll set it for every socket";

#define SOCKET(name, ...) {#name, SOL_SOCKET, name, __VA_ARGS__}
#define IPV4(name, ...) {#name, IPPROTO_IP, name, __VA_ARGS__}
#define IPV6(name, ...) {#name, IPPROTO_IPV6, name, __VA_ARGS__}
#define UDP(name, ...) {#name, IPPROTO_UDP, name, __VA_ARGS__}

constexpr SocketOption kOptions[] = {
    // socket(7) and <asm-generic/socket.h>, in the order of that header.
    SOCKET(SO_DEBUG, kFlag),
    SOCKET(SO_REUSEADDR, kFlag),
    SOCKET(SO_TYPE, kInteger, kReadOnly),
    SOCKET(SO_ERROR, kInteger, kReadOnly),
    SOCKET(SO_DONTROUTE, kFlag),
    SOCKET(SO_BROADCAST, kFlag),
    SOCKET(SO_SNDBUF, kInteger),
    SOCKET(SO_RCVBUF, kInteger),
    SOCKET(SO_SNDBUFFORCE, kInteger, kWriteOnly, "SO_SNDBUF needs none, up to net.core.wmem_max"),
    SOCKET(SO_RCVBUFFORCE, kInteger, kWriteOnly, "SO_RCVBUF needs none, up to net.core.rmem_max"),
    SOCKET(SO_KEEPALIVE, kFlag),
    SOCKET(SO_OOBINLINE, kFlag),
    SOCKET(SO_NO_CHECK, kFlag),
    SOCKET(SO_PRIORITY, kInteger, kReadWrite, "0 to 6 need none"),
    SOCKET(SO_LINGER, kStructure, kReadWrite, kNotDatagram),
    SOCKET(SO_BSDCOMPAT, kFlag),
    SOCKET(SO_REUSEPORT, kFlag),
    SOCKET(SO_PASSCRED, kFlag),
    SOCKET(SO_PEERCRED, kStructure, kReadOnly, kNotDatagram),
    SOCKET(SO_RCVLOWAT, kInteger),
    SOCKET(SO_SNDLOWAT, kInteger, kReadOnly),
    SOCKET(SO_RCVTIMEO, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_SNDTIMEO, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_RCVTIMEO_OLD, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_SNDTIMEO_OLD, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_SECURITY_AUTHENTICATION, kInteger),
    SOCKET(SO_SECURITY_ENCRYPTION_TRANSPORT, kInteger),
    SOCKET(SO_SECURITY_ENCRYPTION_NETWORK, kInteger),
    SOCKET(SO_BINDTODEVICE, kText, kReadWrite, kDevice),
    SOCKET(SO_ATTACH_FILTER, kStructure, kWriteOnly, kFilter),
    SOCKET(SO_GET_FILTER, kStructure, kReadOnly, kFilter),
    SOCKET(SO_DETACH_FILTER, kInteger, kWriteOnly),
    SOCKET(SO_PEERNAME, kStructure, kReadOnly, kNotDatagram),
    SOCKET(SO_TIMESTAMP, kFlag),
    SOCKET(SO_TIMESTAMP_OLD, kFlag),
    SOCKET(SO_ACCEPTCONN, kFlag, kReadOnly),
    SOCKET(SO_PEERSEC, kText, kReadOnly, kNotDatagram),
    SOCKET(SO_PASSSEC, kFlag),
    SOCKET(SO_TIMESTAMPNS, kFlag),
    SOCKET(SO_TIMESTAMPNS_OLD, kFlag),
    SOCKET(SO_MARK, kUnsigned, kReadWrite, "IP_TOS marks packets and needs none"),
    SOCKET(SO_TIMESTAMPING, kUnsigned, kReadWrite, kStamps, "SOF_TIMESTAMPING_"),
    SOCKET(SO_TIMESTAMPING_OLD, kUnsigned, kReadWrite, kStamps, "SOF_TIMESTAMPING_"),
    SOCKET(SO_PROTOCOL, kInteger, kReadOnly),
    SOCKET(SO_DOMAIN, kInteger, kReadOnly),
    SOCKET(SO_RXQ_OVFL, kFlag),
    SOCKET(SO_WIFI_STATUS, kFlag),
    SOCKET(SO_PEEK_OFF, kInteger),
    SOCKET(SO_NOFCS, kFlag),
    SOCKET(SO_LOCK_FILTER, kFlag, kReadWrite, "once on it stays on"),
    SOCKET(SO_SELECT_ERR_QUEUE, kFlag),
    SOCKET(SO_BUSY_POLL, kInteger, kReadWrite, kBusy),
    SOCKET(SO_MAX_PACING_RATE, kUnsigned64),
    SOCKET(SO_BPF_EXTENSIONS, kInteger, kReadOnly),
    SOCKET(SO_INCOMING_CPU, kInteger),
    SOCKET(SO_ATTACH_BPF, kInteger, kWriteOnly, kFilter),
    SOCKET(SO_DETACH_BPF, kInteger, kWriteOnly),
    SOCKET(SO_ATTACH_REUSEPORT_CBPF, kStructure, kWriteOnly, kFilter),
    SOCKET(SO_ATTACH_REUSEPORT_EBPF, kInteger, kWriteOnly, kFilter),
    SOCKET(SO_CNX_ADVICE, kInteger, kWriteOnly),
    SOCKET(SO_MEMINFO, kStructure, kReadOnly, "`ss --memory` shows it"),
    SOCKET(SO_INCOMING_NAPI_ID, kInteger, kReadOnly),
    SOCKET(SO_COOKIE, kUnsigned64, kReadOnly),
    SOCKET(SO_PEERGROUPS, kStructure, kReadOnly, kNotDatagram),
    SOCKET(SO_ZEROCOPY, kFlag),
    SOCKET(SO_TXTIME, kStructure, kReadWrite, "SO_MAX_PACING_RATE spreads datagrams over time"),
    SOCKET(SO_BINDTOIFINDEX, kInterface, kReadWrite, kDevice),
    SOCKET(SO_TIMESTAMP_NEW, kFlag),
    SOCKET(SO_TIMESTAMPNS_NEW, kFlag),
    SOCKET(SO_TIMESTAMPING_NEW, kUnsigned, kReadWrite, kStamps, "SOF_TIMESTAMPING_"),
    SOCKET(SO_RCVTIMEO_NEW, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_SNDTIMEO_NEW, kStructure, kReadWrite, kTimeout),
    SOCKET(SO_DETACH_REUSEPORT_BPF, kInteger, kWriteOnly),
    SOCKET(SO_PREFER_BUSY_POLL, kFlag, kReadWrite, kBusy),
    SOCKET(SO_BUSY_POLL_BUDGET, kInteger, kReadWrite, kBusy),
    SOCKET(SO_NETNS_COOKIE, kUnsigned64, kReadOnly),
    SOCKET(SO_BUF_LOCK, kInteger, kReadWrite, "it takes 0 to 3", "SOCK_"),
    SOCKET(SO_RESERVE_MEM, kInteger),
    SOCKET(SO_TXREHASH, kInteger),
    SOCKET(SO_RCVMARK, kFlag),
// Newer than Linux 6.1, and numbered differently by some architectures.
#ifdef SO_PASSPIDFD
    SOCKET(SO_PASSPIDFD, kFlag),
#endif
#ifdef SO_PEERPIDFD
    SOCKET(SO_PEERPIDFD, kInteger, kReadOnly),
#endif
#ifdef SO_RCVPRIORITY
    SOCKET(SO_RCVPRIORITY, kFlag),
#endif
#ifdef SO_PASSRIGHTS
    SOCKET(SO_PASSRIGHTS, kFlag),
#endif
#ifdef SO_INQ
    SOCKET(SO_INQ, kFlag),
#endif

    // ip(7) and <linux/in.h>.
    IPV4(IP_TOS, kInteger, kReadWrite, kByte, "IPTOS_"),
    IPV4(IP_TTL, kInteger, kReadWrite, kTtl),
    IPV4(IP_HDRINCL, kFlag, kReadWrite, kRawOnly),
    IPV4(IP_OPTIONS, kStructure, kReadWrite, "routers drop packets with IP options"),
    IPV4(IP_ROUTER_ALERT, kFlag, kReadWrite, kRawOnly),
    IPV4(IP_RECVOPTS, kFlag),
    IPV4(IP_RETOPTS, kFlag),
    IPV4(IP_RECVRETOPTS, kFlag),
    IPV4(IP_PKTINFO, kFlag),
    IPV4(IP_PKTOPTIONS, kStructure, kReadOnly, kNotDatagram),
    IPV4(IP_MTU_DISCOVER, kInteger, kReadWrite, kDiscovery, "IP_PMTUDISC_"),
    IPV4(IP_RECVERR, kFlag),
    IPV4(IP_RECVTTL, kFlag),
    IPV4(IP_RECVTOS, kFlag),
    IPV4(IP_MTU, kInteger, kReadOnly, kConnected),
    IPV4(IP_FREEBIND, kFlag),
    IPV4(IP_IPSEC_POLICY, kStructure, kReadWrite, kIpsec),
    IPV4(IP_XFRM_POLICY, kStructure, kReadWrite, kIpsec),
    IPV4(IP_PASSSEC, kFlag),
    IPV4(IP_TRANSPARENT, kFlag, kReadWrite, "IP_FREEBIND binds to any address and needs none"),
    IPV4(IP_ORIGDSTADDR, kFlag),
    IPV4(IP_RECVORIGDSTADDR, kFlag),
    IPV4(IP_MINTTL, kInteger, kReadWrite, kByte),
    IPV4(IP_NODEFRAG, kFlag, kReadWrite, kRawOnly),
    IPV4(IP_CHECKSUM, kFlag),
    IPV4(IP_BIND_ADDRESS_NO_PORT, kFlag),
    IPV4(IP_RECVFRAGSIZE, kFlag),
    IPV4(IP_RECVERR_RFC4884, kFlag),
    IPV4(IP_MULTICAST_IF, kStructure, kReadWrite, kMulticastInterface),
    IPV4(IP_MULTICAST_TTL, kInteger, kReadWrite, kByteOrDefault),
    IPV4(IP_MULTICAST_LOOP, kFlag),
    IPV4(IP_ADD_MEMBERSHIP, kStructure, kWriteOnly, kJoin),
    IPV4(IP_DROP_MEMBERSHIP, kStructure, kWriteOnly, kJoin),
    IPV4(IP_UNBLOCK_SOURCE, kStructure, kWriteOnly, kJoinSource),
    IPV4(IP_BLOCK_SOURCE, kStructure, kWriteOnly, kJoinSource),
    IPV4(IP_ADD_SOURCE_MEMBERSHIP, kStructure, kWriteOnly, kJoinSource),
    IPV4(IP_DROP_SOURCE_MEMBERSHIP, kStructure, kWriteOnly, kJoinSource),
    IPV4(IP_MSFILTER, kStructure, kReadWrite, kJoinSource),
    IPV4(MCAST_JOIN_GROUP, kStructure, kWriteOnly, kJoin),
    IPV4(MCAST_BLOCK_SOURCE, kStructure, kWriteOnly, kJoinSource),
    IPV4(MCAST_UNBLOCK_SOURCE, kStructure, kWriteOnly, kJoinSource),
    IPV4(MCAST_LEAVE_GROUP, kStructure, kWriteOnly, kJoin),
    IPV4(MCAST_JOIN_SOURCE_GROUP, kStructure, kWriteOnly, kJoinSource),
    IPV4(MCAST_LEAVE_SOURCE_GROUP, kStructure, kWriteOnly, kJoinSource),
    IPV4(MCAST_MSFILTER, kStructure, kReadWrite, kJoinSource),
    IPV4(IP_MULTICAST_ALL, kFlag),
    IPV4(IP_UNICAST_IF, kInterfaceSwapped),
    IPV4(IP_LOCAL_PORT_RANGE, kUnsigned, kReadWrite,
         "it takes the low port plus 65536 times the high one"),
    IPV4(IP_PROTOCOL, kInteger, kReadOnly),

    // ipv6(7) and <linux/in6.h>.
    IPV6(IPV6_ADDRFORM, kInteger, kReadOnly, "for an IPv4 peer Volley opens an IPv4 socket"),
    IPV6(IPV6_2292PKTINFO, kFlag),
    IPV6(IPV6_2292HOPOPTS, kFlag),
    IPV6(IPV6_2292DSTOPTS, kFlag),
    IPV6(IPV6_2292RTHDR, kFlag),
    IPV6(IPV6_2292PKTOPTIONS, kStructure, kReadWrite, kPerDatagram),
    IPV6(IPV6_CHECKSUM, kInteger, kReadWrite, kRawOnly),
    IPV6(IPV6_2292HOPLIMIT, kFlag),
    IPV6(IPV6_NEXTHOP, kStructure, kWriteOnly, "`ip -6 route` sets the next hop"),
    IPV6(IPV6_AUTHHDR, kInteger, kReadWrite, kIpsec),
    IPV6(IPV6_FLOWINFO, kFlag),
    IPV6(IPV6_UNICAST_HOPS, kInteger, kReadWrite, kByteOrDefault),
    IPV6(IPV6_MULTICAST_IF, kInterface),
    IPV6(IPV6_MULTICAST_HOPS, kInteger, kReadWrite, kByteOrDefault),
    IPV6(IPV6_MULTICAST_LOOP, kFlag),
    IPV6(IPV6_ADD_MEMBERSHIP, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_DROP_MEMBERSHIP, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_JOIN_GROUP, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_LEAVE_GROUP, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_ROUTER_ALERT, kInteger, kReadWrite, kRawOnly),
    IPV6(IPV6_MTU_DISCOVER, kInteger, kReadWrite, kDiscovery, "IPV6_PMTUDISC_"),
    IPV6(IPV6_MTU, kInteger, kReadWrite,
         "it takes 1280 or more, and is read on a connected socket only"),
    IPV6(IPV6_RECVERR, kFlag),
    IPV6(IPV6_V6ONLY, kFlag, kReadWrite, "it can only be set before the socket is bound"),
    IPV6(IPV6_JOIN_ANYCAST, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_LEAVE_ANYCAST, kStructure, kWriteOnly, kJoin),
    IPV6(IPV6_MULTICAST_ALL, kFlag),
    IPV6(IPV6_ROUTER_ALERT_ISOLATE, kFlag),
    IPV6(IPV6_RECVERR_RFC4884, kFlag),
    IPV6(IPV6_FLOWLABEL_MGR, kStructure, kReadWrite,
         "IPV6_AUTOFLOWLABEL lets the kernel choose labels"),
    IPV6(IPV6_FLOWINFO_SEND, kFlag),
    IPV6(IPV6_IPSEC_POLICY, kStructure, kReadWrite, kIpsec),
    IPV6(IPV6_XFRM_POLICY, kStructure, kReadWrite, kIpsec),
    IPV6(IPV6_HDRINCL, kFlag, kReadWrite, kRawOnly),
    IPV6(IPV6_RECVPKTINFO, kFlag),
    IPV6(IPV6_PKTINFO, kStructure, kReadWrite,
         "--source and --interface say where datagrams leave from"),
    IPV6(IPV6_RECVHOPLIMIT, kFlag),
    IPV6(IPV6_HOPLIMIT, kInteger, kReadWrite, "IPV6_UNICAST_HOPS sets it for every datagram"),
    IPV6(IPV6_RECVHOPOPTS, kFlag),
    IPV6(IPV6_HOPOPTS, kStructure, kReadWrite, kPerDatagram),
    IPV6(IPV6_RTHDRDSTOPTS, kStructure, kReadWrite, kPerDatagram),
    IPV6(IPV6_RECVRTHDR, kFlag),
    IPV6(IPV6_RTHDR, kStructure, kReadWrite, kPerDatagram),
    IPV6(IPV6_RECVDSTOPTS, kFlag),
    IPV6(IPV6_DSTOPTS, kStructure, kReadWrite, kPerDatagram),
    IPV6(IPV6_RECVPATHMTU, kFlag),
    IPV6(IPV6_PATHMTU, kStructure, kReadOnly, "IPV6_MTU gives it as a number"),
    IPV6(IPV6_DONTFRAG, kFlag),
    IPV6(IPV6_RECVTCLASS, kFlag),
    IPV6(IPV6_TCLASS, kInteger, kReadWrite, kByteOrDefault, "IPTOS_"),
    IPV6(IPV6_AUTOFLOWLABEL, kFlag),
    IPV6(IPV6_ADDR_PREFERENCES, kInteger, kReadWrite, "the flags may not contradict each other",
         "IPV6_PREFER_SRC_"),
    IPV6(IPV6_MINHOPCOUNT, kInteger, kReadWrite, kByte),
    IPV6(IPV6_ORIGDSTADDR, kFlag),
    IPV6(IPV6_RECVORIGDSTADDR, kFlag),
    IPV6(IPV6_TRANSPARENT, kFlag, kReadWrite, "IPV6_FREEBIND binds to any address and needs none"),
    IPV6(IPV6_UNICAST_IF, kInterfaceSwapped),
    IPV6(IPV6_RECVFRAGSIZE, kFlag),
    IPV6(IPV6_FREEBIND, kFlag),

    // udp(7) and <linux/udp.h>.
    UDP(UDP_CORK, kFlag),
    UDP(UDP_ENCAP, kInteger, kReadWrite, "only IPsec's encapsulations can be set by hand"),
    UDP(UDP_NO_CHECK6_TX, kFlag),
    UDP(UDP_NO_CHECK6_RX, kFlag),
    UDP(UDP_SEGMENT, kInteger, kReadWrite,
        "it takes 0 to 65535; Volley sets it by itself for each run"),
    UDP(UDP_GRO, kFlag),
};

#undef SOCKET
#undef IPV4
#undef IPV6
#undef UDP

}  // namespace

std::span<const SocketOption> socket_options() {
  return kOptions;
}

const SocketOption* find_option(std::string_view name) {
  const auto* found = std::ranges::find(kOptions, name, &SocketOption::name);
  return found == std::end(kOptions) ? nullptr : found;
}

}  // namespace volley::os
