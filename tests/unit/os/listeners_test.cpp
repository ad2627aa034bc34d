#include "os/listeners.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include <volley/udp_socket.hpp>

namespace volley::os {
namespace {

// Words are in the machine's order, and these were written down on a little-endian one.
constexpr bool kLittle = std::endian::native == std::endian::little;

constexpr std::string_view kUdp =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer "
    "drops             \n"
    "  367: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 "
    "21458 2 "
    "0000000000000000 0         \n"
    " 1373: 0202000A:A424 08080808:0035 01 00000000:00000000 00:00000000 00000000     0        0 "
    "99999 2 "
    "0000000000000000 12        \n";

constexpr std::string_view kUdp6 =
    "  sl  local_address                         remote_address                        st tx_queue "
    "rx_queue tr "
    "tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
    " 1373: 00000000000000000000000001000000:0424 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 "
    "00:00000000 00000000     0        0 33434 2 0000000000000000 0\n";

TEST(ProcUdp, IsRead) {
  if (!kLittle) GTEST_SKIP() << "written down on a little-endian machine";
  const auto sockets = parse_proc_udp(kUdp);
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].local.to_string(), "127.0.0.1:53");
  EXPECT_FALSE(sockets[0].peer);
  EXPECT_EQ(sockets[0].inode, 21458U);
  EXPECT_EQ(sockets[1].local.to_string(), "10.0.2.2:42020");
  ASSERT_TRUE(sockets[1].peer);
  EXPECT_EQ(sockets[1].peer->to_string(), "8.8.8.8:53");

  const auto six = parse_proc_udp(kUdp6);
  ASSERT_EQ(six.size(), 1U);
  EXPECT_EQ(six[0].local.to_string(), "[::1]:1060");
  EXPECT_EQ(six[0].inode, 33434U);
}

TEST(ProcUdp, LeavesOutWhatItDoesNotUnderstand) {
  EXPECT_TRUE(parse_proc_udp("").empty());
  EXPECT_TRUE(parse_proc_udp("\n\n").empty());
  EXPECT_TRUE(parse_proc_udp("1: 0100007F:0035").empty());
  EXPECT_TRUE(parse_proc_udp("1: 0100007F:XXXX 00000000:0000 07 a b c d e 7").empty());
  EXPECT_TRUE(parse_proc_udp("1: 0100007:0035 00000000:0000 07 0:0 0:0 0 1 0 7").empty());
  EXPECT_TRUE(parse_proc_udp("1: :::::::: :::::: 07 0:0 0:0 0 1 0 7").empty());
}

TEST(Listeners, FindASocketOfOurOwnAndItsProcess) {
  const auto socket = UdpSocket::bind(*Endpoint::parse("127.0.0.1:0"));
  ASSERT_TRUE(socket) << socket.error().message;
  const auto local = socket->local();
  ASSERT_TRUE(local);
  const auto found = find_listeners(local->port());
  ASSERT_TRUE(found) << found.error().message;
  const auto ours =
      std::ranges::find(*found, *local, [](const Listener& each) { return each.socket.local; });
  ASSERT_NE(ours, found->end());
  ASSERT_TRUE(ours->holder);
  EXPECT_EQ(ours->holder->pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(ours->holder->name, "unit_os");
}

}  // namespace
}  // namespace volley::os
