#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <tuple>

#include <volley/network.hpp>

#include "os/fd.hpp"
#include "os/option_table.hpp"
#include "os/socket_options.hpp"

namespace volley::os {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Fd open_socket(int domain) {
  return Fd{::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
}

/// What reading gives, or the error's words.
std::string read(const Fd& fd, std::string_view name) {
  const auto value = get_socket_option(fd.number(), name);
  if (!value) return "error: " + value.error().message;
  EXPECT_EQ(value->name, name);
  return value->value;
}

/// "ok", or the error's words.
std::string set(const Fd& fd, std::string_view name_and_value) {
  const auto done = set_socket_option(fd.number(), name_and_value);
  return done ? "ok" : done.error().message;
}

ErrorCode code(const Result<void>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::kSystem : result.error().code;
}

/// Runs `body` on a thread without root's rights: on Linux a thread alone can give them up.
template <class Body>
void without_privilege(Body body) {
  constexpr int kNobody = 65534;
  std::jthread{[&] {
    if (::geteuid() == 0) {
      ASSERT_EQ(::syscall(SYS_setresuid, kNobody, kNobody, kNobody), 0);
    }
    body();
  }};
}

TEST(Options, OneOfEachKindIsSetAndReadBack) {
  const Fd fd = open_socket(AF_INET6);
  const std::string lo = interface_name(1);
  // What is set, what is read, and what is there.
  const std::tuple<std::string, const char*, std::string> cases[] = {
      {"SO_BROADCAST=on", "SO_BROADCAST", "1"},
      {"SO_BROADCAST=false", "SO_BROADCAST", "0"},
      {"SO_BROADCAST=1", "SO_BROADCAST", "1"},
      {"SO_BROADCAST=no", "SO_BROADCAST", "0"},
      {"SO_RCVBUF=8192", "SO_RCVBUF", "16384"},
      {"SO_PRIORITY=6", "SO_PRIORITY", "6"},
      {"SO_PEEK_OFF=-1", "SO_PEEK_OFF", "-1"},
      {"SO_MAX_PACING_RATE=5000000000", "SO_MAX_PACING_RATE", "5000000000"},
      {"SO_TIMESTAMPING=SOF_TIMESTAMPING_RX_SOFTWARE|SOF_TIMESTAMPING_SOFTWARE", "SO_TIMESTAMPING",
       "24"},
      {"SO_BUF_LOCK=SOCK_SNDBUF_LOCK|2", "SO_BUF_LOCK", "3"},
      {"IP_TOS=0x10", "IP_TOS", "16"},
      {"IP_TOS=IPTOS_DSCP_EF", "IP_TOS", "184"},
      {"IP_TTL=7", "IP_TTL", "7"},
      {"IP_MTU_DISCOVER=IP_PMTUDISC_DO", "IP_MTU_DISCOVER", "2"},
      {"IP_MULTICAST_TTL=3", "IP_MULTICAST_TTL", "3"},
      {"IP_MULTICAST_ALL=off", "IP_MULTICAST_ALL", "0"},
      {"IP_UNICAST_IF=" + lo, "IP_UNICAST_IF", "1"},
      {"IP_UNICAST_IF=0", "IP_UNICAST_IF", "0"},
      {"IPV6_MULTICAST_IF=" + lo, "IPV6_MULTICAST_IF", "1"},
      {"IPV6_UNICAST_HOPS=9", "IPV6_UNICAST_HOPS", "9"},
      {"IPV6_TCLASS=IPTOS_CLASS_CS1", "IPV6_TCLASS", "32"},
      {"IPV6_MTU_DISCOVER=IPV6_PMTUDISC_PROBE", "IPV6_MTU_DISCOVER", "3"},
      {"IPV6_V6ONLY=yes", "IPV6_V6ONLY", "1"},
      {"UDP_CORK=true", "UDP_CORK", "1"},
      {"UDP_SEGMENT=1200", "UDP_SEGMENT", "1200"},
      {"17:103=1400", "17:103", "1400"},
      {"0x11:0x67=0x100", "17:103", "256"},
      {"SO_BINDTODEVICE=", "SO_BINDTODEVICE", ""},
      {"SO_BINDTODEVICE=" + lo, "SO_BINDTODEVICE", lo},
  };
  for (const auto& [assignment, name, expected] : cases) {
    EXPECT_EQ(set(fd, assignment), "ok") << assignment;
    EXPECT_EQ(read(fd, name), expected) << assignment;
  }
}

TEST(Options, WhatTheKernelTellsOnlyIsRead) {
  const Fd fd = open_socket(AF_INET);
  EXPECT_EQ(read(fd, "SO_TYPE"), std::to_string(SOCK_DGRAM));
  EXPECT_EQ(read(fd, "SO_PROTOCOL"), std::to_string(IPPROTO_UDP));
  EXPECT_EQ(read(fd, "SO_DOMAIN"), std::to_string(AF_INET));
  EXPECT_EQ(read(fd, "SO_ERROR"), "0");
  EXPECT_NE(std::stoull(read(fd, "SO_COOKIE")), 0U);
  EXPECT_EQ(set(fd, "SO_TYPE=1"), "cannot set SO_TYPE: it can only be read");
  EXPECT_EQ(code(set_socket_option(fd.number(), "SO_ERROR=0")), ErrorCode::kInvalid);
  EXPECT_EQ(set(fd, "IP_MTU=1500"),
            "cannot set IP_MTU: it can only be read; only a connected socket knows it");
  EXPECT_EQ(read(fd, "IP_MTU"),
            "error: cannot read IP_MTU: transport endpoint is not connected; only a connected "
            "socket knows it");
  EXPECT_EQ(read(fd, "SO_RCVBUFFORCE"),
            "error: cannot read SO_RCVBUFFORCE: it can only be set; SO_RCVBUF needs none, up to "
            "net.core.rmem_max");
}

TEST(Options, EveryOneIsReadOrRefusedByName) {
  for (const int domain : {AF_INET, AF_INET6}) {
    const Fd fd = open_socket(domain);
    int read_well = 0;
    for (const SocketOption& option : socket_options()) {
      const auto value = get_socket_option(fd.number(), option.name);
      if (value) {
        ++read_well;
        EXPECT_EQ(value->value.empty(), option.kind == OptionKind::kText) << option.name;
        continue;
      }
      EXPECT_THAT(value.error().message, HasSubstr(option.name));
      EXPECT_NE(value.error().code, ErrorCode::kNotFound) << option.name;
    }
    EXPECT_GE(read_well, domain == AF_INET ? 70 : 100);
  }
}

TEST(Options, EveryOneTakesWhatItGaveOrRefusesItByName) {
  const Fd fd = open_socket(AF_INET6);
  int set_well = 0;
  for (const SocketOption& option : socket_options()) {
    const auto value = get_socket_option(fd.number(), option.name);
    if (!value || option.access != OptionAccess::kReadWrite) continue;
    const auto done =
        set_socket_option(fd.number(), fmt::format("{}={}", option.name, value->value));
    if (done) {
      ++set_well;
    } else {
      EXPECT_THAT(done.error().message, StartsWith(fmt::format("cannot set {}=", option.name)));
    }
  }
  EXPECT_GE(set_well, 90);
}

TEST(Options, AnUnknownNameIsAnErrorWithTheNearest) {
  const Fd fd = open_socket(AF_INET);
  EXPECT_EQ(code(set_socket_option(fd.number(), "SO_RCVBUFF=1")), ErrorCode::kNotFound);
  EXPECT_EQ(set(fd, "SO_RCVBUFF=1"),
            "no socket option is called 'SO_RCVBUFF'; did you mean SO_RCVBUF?");
  EXPECT_EQ(set(fd, "so_broadcast=1"),
            "no socket option is called 'so_broadcast'; did you mean SO_BROADCAST?");
  EXPECT_EQ(read(fd, "FROBNICATE"),
            "error: no socket option is called 'FROBNICATE'; give a system name such as SO_RCVBUF, "
            "or LEVEL:NUMBER");
  EXPECT_EQ(set(fd, "SOCKET:RCVBUF=1"),
            "'SOCKET:RCVBUF' is not LEVEL:NUMBER; write two numbers, as in 17:103");
}

TEST(Options, AValueOfTheWrongFormIsAnErrorThatSaysTheForm) {
  const Fd fd = open_socket(AF_INET);
  const std::tuple<const char*, const char*> cases[] = {
      {"SO_RCVBUF", "SO_RCVBUF needs a value: write SO_RCVBUF=VALUE"},
      {"SO_RCVBUF=", "'' is no value for SO_RCVBUF, which takes an integer"},
      {"SO_RCVBUF=big", "'big' is no value for SO_RCVBUF, which takes an integer"},
      {"SO_RCVBUF=1x", "'1x' is no value for SO_RCVBUF, which takes an integer"},
      {"SO_RCVBUF=0x", "'0x' is no value for SO_RCVBUF, which takes an integer"},
      {"SO_RCVBUF=2147483648",
       "2147483648 is out of range for SO_RCVBUF: -2147483648 to 2147483647"},
      {"SO_RCVBUF=-99999999999999999999",
       "-99999999999999999999 is out of range for SO_RCVBUF: -2147483648 to 2147483647"},
      {"SO_MARK=-1", "-1 is out of range for SO_MARK: 0 to 4294967295"},
      {"SO_BROADCAST=maybe", "'maybe' is no value for SO_BROADCAST, which takes on or off"},
      {"SO_BROADCAST=2", "'2' is no value for SO_BROADCAST, which takes on or off"},
      {"IP_MTU_DISCOVER=never",
       "'never' is no value for IP_MTU_DISCOVER, which takes an integer or a name such as "
       "IP_PMTUDISC_DONT"},
      {"IP_MTU_DISCOVER=IP_PMTUDISC_PROB",
       "'IP_PMTUDISC_PROB' is no value for IP_MTU_DISCOVER, which takes an integer; did you mean "
       "IP_PMTUDISC_PROBE?"},
      {"SO_BINDTODEVICE=sixteen-letters0",
       "'sixteen-letters0' is too long for SO_BINDTODEVICE: 15 characters at most"},
      {"17:103=many", "'many' is no value for 17:103, which takes an integer"},
  };
  for (const auto& [assignment, expected] : cases) {
    EXPECT_EQ(set(fd, assignment), expected);
    EXPECT_EQ(code(set_socket_option(fd.number(), assignment)), ErrorCode::kInvalid) << assignment;
  }
  EXPECT_EQ(
      set(fd, "IP_TTL=300"),
      "cannot set IP_TTL=300: invalid argument; it takes 1 to 255, or -1 for the system's default");
}

TEST(Options, AnInterfaceThatThereIsNoneOfIsAnErrorThatNamesThoseThereAre) {
  const Fd fd = open_socket(AF_INET6);
  for (const char* option :
       {"SO_BINDTODEVICE", "SO_BINDTOIFINDEX", "IPV6_MULTICAST_IF", "IP_UNICAST_IF"}) {
    const auto done = set_socket_option(fd.number(), fmt::format("{}=nosuch0", option));
    EXPECT_EQ(code(done), ErrorCode::kNotFound);
    EXPECT_THAT(
        done.error().message,
        StartsWith(fmt::format(
            "cannot set {}=nosuch0: no network interface has the name 'nosuch0'; this machine has ",
            option)));
  }
}

TEST(Options, AStructureIsRefusedWithVolleysOwnWay) {
  const Fd fd = open_socket(AF_INET);
  EXPECT_EQ(code(set_socket_option(fd.number(), "SO_RCVTIMEO=5")), ErrorCode::kUnsupported);
  EXPECT_EQ(set(fd, "SO_RCVTIMEO=5"),
            "cannot set SO_RCVTIMEO: its value is a structure; --timeout bounds the wait");
  EXPECT_EQ(set(fd, "IP_ADD_MEMBERSHIP=224.0.0.1"),
            "cannot set IP_ADD_MEMBERSHIP: its value is a structure; join a group with --group");
  EXPECT_THAT(read(fd, "SO_LINGER"), HasSubstr("cannot read SO_LINGER: its value is a structure"));
  EXPECT_EQ(read(fd, "1:20"), "error: 1:20 is no integer: the kernel gives 16 bytes for it");
}

TEST(Options, AnIpv6OptionOnAnIpv4SocketNamesItsTwin) {
  const Fd fd = open_socket(AF_INET);
  EXPECT_EQ(code(set_socket_option(fd.number(), "IPV6_MTU_DISCOVER=2")), ErrorCode::kUnsupported);
  EXPECT_EQ(
      set(fd, "IPV6_MTU_DISCOVER=2"),
      "IPV6_MTU_DISCOVER is an option of IPv6 sockets, and this one is IPv4; use IP_MTU_DISCOVER");
  EXPECT_EQ(
      read(fd, "IPV6_V6ONLY"),
      "error: IPV6_V6ONLY is an option of IPv6 sockets, and this one is IPv4; use an IPv6 address");
  EXPECT_THAT(set(fd, "41:26=1"), HasSubstr("is an option of IPv6 sockets"));
}

TEST(Options, WhatTakesAPrivilegeSaysSoAndWhatDoesNot) {
  const Fd fd = open_socket(AF_INET);
  without_privilege([&] {
    EXPECT_EQ(code(set_socket_option(fd.number(), "SO_RCVBUFFORCE=8192")), ErrorCode::kPermission);
    EXPECT_EQ(set(fd, "SO_RCVBUFFORCE=8192"),
              "cannot set SO_RCVBUFFORCE=8192: operation not permitted; it needs root or "
              "CAP_NET_ADMIN; SO_RCVBUF needs "
              "none, up to net.core.rmem_max");
    EXPECT_EQ(set(fd, "SO_PRIORITY=7"),
              "cannot set SO_PRIORITY=7: operation not permitted; it needs root or CAP_NET_ADMIN; "
              "0 to 6 need none");
    EXPECT_EQ(set(fd, "SO_PRIORITY=6"), "ok");
    EXPECT_THAT(set(fd, "SO_MARK=0xffffffff"),
                HasSubstr("it needs root or CAP_NET_ADMIN; IP_TOS marks packets"));
    EXPECT_THAT(set(fd, "IP_TRANSPARENT=on"), HasSubstr("IP_FREEBIND"));
  });
}

TEST(Options, AnOptionOfAnotherKindOfSocketIsUnsupported) {
  const Fd fd = open_socket(AF_INET);
  EXPECT_EQ(code(set_socket_option(fd.number(), "IP_NODEFRAG=on")), ErrorCode::kUnsupported);
  EXPECT_EQ(set(fd, "IP_NODEFRAG=on"),
            "cannot set IP_NODEFRAG=on: protocol not available; it belongs to raw IP sockets");
  EXPECT_EQ(
      set(fd, "200:1=1"),
      "cannot set 200:1=1: protocol not available; this kernel does not have it for UDP sockets");
}

}  // namespace
}  // namespace volley::os
