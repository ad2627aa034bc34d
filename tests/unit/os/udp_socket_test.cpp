#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "unit/os/isolated.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

const Endpoint kLoopback{IpAddress::v4(127, 0, 0, 1), 0};
const Endpoint kLoopback6{*IpAddress::parse("::1"), 0};

UdpSocket bound(const Endpoint& local, const BindOptions& options = {}) {
  auto socket = UdpSocket::bind(local, options);
  EXPECT_TRUE(socket) << socket.error().message;
  return std::move(*socket);
}

/// The next datagrams to arrive, waited for at most two seconds.
void receive(UdpSocket& socket, ReceiveBatch& batch) {
  ASSERT_TRUE(socket.wait(now() + 2s).value()) << "nothing arrived";
  const auto done = socket.receive(batch);
  ASSERT_TRUE(done) << done.error().message;
}

TEST(UdpSocket, CarriesADatagramAndTellsBothEnds) {
  for (const Endpoint& any : {kLoopback, kLoopback6}) {
    UdpSocket server = bound(any);
    UdpSocket client = bound(any);
    ASSERT_TRUE(client.send_to(as_bytes("hello"), *server.local()));
    ReceiveBatch batch;
    receive(server, batch);
    ASSERT_EQ(batch.datagrams().size(), 1U);
    EXPECT_EQ(as_text(batch.datagrams()[0].payload), "hello");
    EXPECT_EQ(batch.datagrams()[0].peer, *client.local());
    EXPECT_EQ(batch.datagrams()[0].local, *server.local());
    EXPECT_FALSE(batch.arrivals()[0].truncated);
    EXPECT_FALSE(batch.arrivals()[0].ttl) << "nobody asked for it";
  }
}

TEST(UdpSocket, AWildcardSocketTellsAndAnswersFromTheAddressAsked) {
  UdpSocket server = bound({IpAddress::any_v6(), 0});
  const std::uint16_t port = server.local()->port();
  ReceiveBatch batch;
  for (const char* asked : {"127.0.0.1", "127.0.0.2", "::1"}) {
    const IpAddress address = *IpAddress::parse(asked);
    auto client = UdpSocket::open_connected({address, port});
    ASSERT_TRUE(client) << client.error().message;
    ASSERT_TRUE(client->send(as_bytes("hello")));
    receive(server, batch);
    ASSERT_EQ(batch.datagrams().size(), 1U);
    EXPECT_EQ(batch.datagrams()[0].local.address(), address) << asked;
    // Only an answer from the address asked passes the client's connected socket.
    ASSERT_TRUE(server.send_to(as_bytes("answer"), batch.datagrams()[0].peer,
                               batch.datagrams()[0].local.address()));
    receive(*client, batch);
    ASSERT_EQ(batch.datagrams().size(), 1U) << asked;
    SendBatch out;
    std::memcpy(out.space().data(), "batch", 5);
    out.commit({.peer = *client->local(), .local = address, .size = 5});
    ASSERT_TRUE(server.send(out));
    receive(*client, batch);
    EXPECT_EQ(as_text(batch.datagrams()[0].payload), "batch") << asked;
  }
}

TEST(UdpSocket, TellsArrivalDetailsThatWereAskedFor) {
  for (const Endpoint& any : {kLoopback, kLoopback6}) {
    UdpSocket server = bound(any);
    ASSERT_TRUE(server.set_detail(
        {.time = true, .interface = true, .ttl = true, .dropped = true, .ecn = true}));
    UdpSocket client = bound(any);
    ASSERT_TRUE(client.set_ttl(33));
    const WallTime before = std::chrono::system_clock::now();
    ASSERT_TRUE(client.send_to(as_bytes("x"), *server.local()));
    ReceiveBatch batch;
    receive(server, batch);
    const Arrival& arrival = batch.arrivals()[0];
    EXPECT_EQ(arrival.ttl, 33);
    EXPECT_EQ(arrival.interface, 1U) << "the loopback interface is the first";
    ASSERT_TRUE(arrival.time);
    EXPECT_LT(std::chrono::abs(*arrival.time - before), 5s);
  }
}

TEST(UdpSocket, TellsOfDropsWhenItsQueueOverflows) {
  UdpSocket server = bound(kLoopback);
  ASSERT_TRUE(server.set_option("SO_RCVBUF=4096"));
  ASSERT_TRUE(server.set_detail({.dropped = true}));
  UdpSocket client = bound(kLoopback);
  const std::vector<std::byte> large(1'000);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.send_to(large, *server.local()));
  ReceiveBatch batch{{.slots = 100}};
  receive(server, batch);
  ASSERT_LT(batch.datagrams().size(), 100U);
  // The count travels with datagrams that arrive after the drops.
  ASSERT_TRUE(client.send_to(as_bytes("after"), *server.local()));
  receive(server, batch);
  EXPECT_GT(batch.arrivals().back().dropped.value_or(0), 0U);
}

TEST(UdpSocket, TruncationIsNeverSilent) {
  UdpSocket server = bound(kLoopback);
  UdpSocket client = bound(kLoopback);
  ASSERT_TRUE(client.send_to(as_bytes("0123456789"), *server.local()));
  ReceiveBatch batch{{.slots = 1, .slot_size = 4}};
  receive(server, batch);
  EXPECT_EQ(as_text(batch.datagrams()[0].payload), "0123");
  EXPECT_TRUE(batch.arrivals()[0].truncated);
  EXPECT_EQ(server.counters().truncated, 1U);
}

TEST(UdpSocket, TheLargestAndTheEmptyDatagramArrive) {
  UdpSocket server = bound(kLoopback);
  UdpSocket client = bound(kLoopback);
  const std::vector<std::byte> largest(kMaxPayload);
  ASSERT_TRUE(client.send_to(largest, *server.local()));
  ASSERT_TRUE(client.send_to({}, *server.local()));
  ReceiveBatch batch;
  receive(server, batch);
  ASSERT_EQ(batch.datagrams().size(), 2U);
  EXPECT_EQ(batch.datagrams()[0].payload.size(), kMaxPayload);
  EXPECT_EQ(batch.datagrams()[1].payload.size(), 0U);
  const std::vector<std::byte> too_large(kMaxPayload + 1);
  const auto failed = client.send_to(too_large, *server.local());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kTooLarge);
}

TEST(UdpSocket, ATakenPortIsAnError) {
  UdpSocket first = bound(kLoopback);
  const auto second = UdpSocket::bind(*first.local());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAddressInUse);
  EXPECT_NE(second.error().message.find(first.local()->to_string()), std::string::npos)
      << second.error().message;
}

TEST(UdpSocket, PortsThatRunOutAreNotToBeHadByAskingForAny) {
  os::Isolated{{}}.run([] {
    std::ofstream{"/proc/sys/net/ipv4/ip_local_port_range"} << "50000 50000";
    UdpSocket first = bound(kLoopback);
    const auto second = UdpSocket::bind(kLoopback);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kAddressInUse);
    EXPECT_NE(second.error().message.find("ip_local_port_range"), std::string::npos)
        << second.error().message;
  });
}

TEST(UdpSocket, AnIpv4SocketCarriesNoIpv6Address) {
  UdpSocket socket = bound(kLoopback);
  const UdpSocket receiver = bound(kLoopback);
  const Endpoint four = *receiver.local();
  // Its last four bytes are 127.0.0.1.
  const Endpoint six{*IpAddress::parse("2001:db8::7f00:1"), four.port()};
  for (const auto& refused : {socket.connect(six), socket.send_to(as_bytes("x"), six),
                              socket.send_to(as_bytes("x"), four, six.address())}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
    for (const auto& named : {socket.local()->to_string(), six.address().to_string()}) {
      EXPECT_NE(refused.error().message.find(named), std::string::npos) << refused.error().message;
    }
  }
  EXPECT_FALSE(receiver.wait(now() + 20ms).value()) << "nothing went to 127.0.0.1";
  EXPECT_TRUE(socket.send_to(as_bytes("x"), four, IpAddress::any_v6()));
}

TEST(UdpSocket, AnAddressOfNobodyHereIsAnError) {
  const auto socket = UdpSocket::bind({IpAddress::v4(203, 0, 113, 77), 0});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::kAddressNotLocal);
  EXPECT_TRUE(UdpSocket::bind({IpAddress::v4(203, 0, 113, 77), 0}, {.free_bind = true}));
}

TEST(UdpSocket, AConnectedSocketHearsRefusalsAndNoStrangers) {
  auto closed = std::make_optional(bound(kLoopback));
  const Endpoint nobody = *closed->local();
  closed.reset();
  auto client = UdpSocket::open_connected(nobody);
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->send(as_bytes("anyone?")));
  ASSERT_TRUE(client->wait(now() + 2s).value());
  ReceiveBatch batch;
  const auto refused = client->receive(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);

  UdpSocket stranger = bound(kLoopback);
  ASSERT_TRUE(stranger.send_to(as_bytes("me!"), *client->local()));
  EXPECT_FALSE(client->wait(now() + 50ms).value());
}

TEST(UdpSocket, TheErrorQueueTellsWhoWhatAndWhichDatagram) {
  for (const Endpoint& any : {kLoopback, kLoopback6}) {
    auto closed = std::make_optional(bound(any));
    const Endpoint nobody = *closed->local();
    closed.reset();
    UdpSocket client = bound(any);
    ASSERT_TRUE(client.set_error_queue(true));
    EXPECT_EQ(client.next_error().value(), std::nullopt);
    ASSERT_TRUE(client.send_to(as_bytes("which one?"), nobody));
    ASSERT_TRUE(client.wait(now() + 2s).value());
    const auto error = client.next_error();
    ASSERT_TRUE(error && *error);
    EXPECT_EQ((*error)->code, ErrorCode::kRefused);
    EXPECT_EQ((*error)->origin, any.family() == Family::kIpv4 ? SocketError::Origin::kIcmp
                                                              : SocketError::Origin::kIcmp6);
    EXPECT_EQ((*error)->destination, nobody);
    EXPECT_EQ((*error)->reporter, any.address());
    EXPECT_EQ(as_text((*error)->payload), "which one?");
  }
}

TEST(UdpSocket, BroadcastNeedsPermission) {
  UdpSocket socket = bound({IpAddress::any_v4(), 0});
  const auto refused = socket.send_to(as_bytes("x"), {IpAddress::v4(127, 255, 255, 255), 9});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
  ASSERT_TRUE(socket.set_broadcast(true));
  EXPECT_TRUE(socket.send_to(as_bytes("x"), {IpAddress::v4(127, 255, 255, 255), 9}));
}

TEST(UdpSocket, KnowsThePathMtuAndRefusesWhatIsLarger) {
  for (const Endpoint& any : {kLoopback, kLoopback6}) {
    UdpSocket server = bound(any);
    auto client = UdpSocket::open_connected(*server.local());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->set_fragmentation(Fragmentation::kForbid));
    const auto mtu = client->path_mtu();
    ASSERT_TRUE(mtu) << mtu.error().message;
    EXPECT_GE(*mtu, 1'280U);
    EXPECT_FALSE(server.path_mtu()) << "an unconnected socket has no path";
  }
}

TEST(UdpSocket, LeavesAGroupItJoined) {
  UdpSocket member = bound({IpAddress::any_v4(), 0}, {.reuse_address = true});
  UdpSocket sender = bound({IpAddress::any_v4(), 0});
  const Membership membership{.group = IpAddress::v4(239, 1, 2, 3), .interface = 1};
  const auto joined = member.join(membership);
  ASSERT_TRUE(joined) << joined.error().message;
  ASSERT_TRUE(sender.set_multicast_interface(1));
  ASSERT_TRUE(sender.set_multicast_loop(true));
  const Endpoint group{membership.group, member.local()->port()};
  ASSERT_TRUE(sender.send_to(as_bytes("one"), group));
  ReceiveBatch batch;
  receive(member, batch);
  EXPECT_EQ(batch.datagrams().size(), 1U);
  ASSERT_TRUE(member.leave(membership));
  ASSERT_TRUE(sender.send_to(as_bytes("two"), group));
  EXPECT_FALSE(member.wait(now() + 50ms).value());
  EXPECT_FALSE(member.join({.group = IpAddress::v4(192, 0, 2, 1), .interface = 1}))
      << "not a group";
}

TEST(UdpSocket, SaysWhatIsWrongWithAMembership) {
  UdpSocket member = bound({IpAddress::any_v4(), 0});
  const auto says = [](const Result<void>& done, std::string_view what) {
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find(what), std::string::npos) << done.error().message;
  };
  Membership membership{.group = IpAddress::v4(239, 1, 2, 3), .interface = 1};
  says(member.leave(membership), "did not join");
  ASSERT_TRUE(member.join(membership));
  says(member.join(membership), "a member already");
  membership = {
      .group = IpAddress::v4(232, 1, 2, 3), .interface = 1, .source = IpAddress::v4(192, 0, 2, 1)};
  says(member.leave(membership), "did not join");
  ASSERT_TRUE(member.join(membership));
  says(member.join(membership), "a member already");
  membership.source = IpAddress::parse("2001:db8::1").value();
  says(member.join(membership), "of the same family");
}

}  // namespace
}  // namespace volley
