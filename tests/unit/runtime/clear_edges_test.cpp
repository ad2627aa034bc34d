#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "os/fd.hpp"
#include "unit/os/isolated.hpp"
#include "unit/runtime/clear_pair.hpp"

// What clear clients and servers do when the network, the kernel or ICMP is unkind.

namespace volley {
namespace {

using namespace std::chrono_literals;

bool tells_of_errors(int socket) {
  pollfd entry{.fd = socket, .events = 0, .revents = 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(ClearEdges, AWildcardServerAnswersFromTheAddressThatWasAsked) {
  for (const char* const any : {"0.0.0.0:0", "[::]:0"}) {
    for (const unsigned workers : {1U, 4U}) {
      SCOPED_TRACE(any);
      Serving server{repeat, {.workers = workers}, *Endpoint::parse(any)};
      for (const char* const asked : {"127.0.0.1", "127.0.0.5", "::1"}) {
        if (std::string{asked} == "::1" && std::string{any} == "0.0.0.0:0") continue;
        // A connected socket hears nobody else.
        Client client = client_of(Endpoint{*IpAddress::parse(asked), server.address().port()});
        EXPECT_EQ(ask(client, asked, kPatient), asked);
      }
    }
  }
}

TEST(ClearEdges, SimulatedLossIsCountedAndSurvived) {
  Serving server{repeat, {.workers = 2, .drop = 0.3, .seed = 7}};
  int answered = 0;
  for (int i = 0; i < 4; ++i) {
    Client client = client_of(server.address());
    for (int k = 0; k < 20; ++k) answered += ask(client, "x", kPatient) == "x";
  }
  EXPECT_EQ(answered, 80);
  EXPECT_TRUE(soon([&] { return server->counters().executed == 80; }));
  EXPECT_GT(server->counters().simulated_losses, 0U);
}

TEST(ClearEdges, AReplyThatThePathDoesNotCarryIsGoneAtOnce) {
  const auto narrow = [](UdpSocket& made) -> Result<void> {
    made.set_send_fault([](const Transmit& transmit) {
      const std::size_t each = transmit.datagrams() > 1 ? transmit.segment_size : transmit.size;
      return each > 1'400 ? EMSGSIZE : 0;
    });
    return {};
  };
  const auto grow = [](const Execution& request, Reply& reply) {
    const std::string text(std::stoul(std::string{as_text(request.body)}), 'r');
    reply.send(as_bytes(text));
  };
  Serving server{grow, {.prepare = narrow}};
  Client client = client_of(server.address());
  EXPECT_EQ(ask(client, "1000", kPatient).size(), 1'000U);
  const auto gone = client.request(as_bytes("2000"), kPatient);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->outcome, Outcome::kExecutedReplyLost);
  EXPECT_EQ(gone->reason, Reason::kReplyGone);
  EXPECT_LT(gone->elapsed, 10s);
  EXPECT_EQ(ask(client, "1001", kPatient).size(), 1'001U);
}

TEST(ClearEdges, OneDatagramLargerThanAClearOneMayBeIsDropped) {
  Serving server;
  auto stranger = UdpSocket::open_connected(server.address());
  ASSERT_TRUE(stranger);
  const std::string noise(65'507, '\x04');
  ASSERT_TRUE(stranger->send(as_bytes(noise)));
  EXPECT_TRUE(soon([&] { return server->counters().dropped_version == 1; }));
  EXPECT_EQ(server->counters().contexts, 0U);
}

TEST(ClearEdges, AServersErrorQueueIsEmptied) {
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    std::atomic<int> socket = -1;
    const auto with_errors = [&](UdpSocket& made) {
      socket = made.native_handle();
      // Errors, of which a call may fail; and a timestamp of every answer, of which none does
      // (SOF_TIMESTAMPING_TX_SOFTWARE and SOF_TIMESTAMPING_SOFTWARE).
      const auto done = made.set_error_queue(true);
      return done ? made.set_option("1:37=18") : done;
    };
    Serving server{repeat, {.idle = idle, .prepare = with_errors}};
    // Nobody waits for the answer to this first contact: ICMP says so to the server.
    std::array<unsigned char, 32> header{4, 1, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9};
    header[31] = 1;
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(
          UdpSocket::open_connected(server.address())->send(std::as_bytes(std::span{header})));
    }
    ASSERT_TRUE(soon([&] { return server->counters().wrong_ticket == 10; }));
    EXPECT_TRUE(soon([&] { return !tells_of_errors(socket); }));
    Client client = client_of(server.address());
    EXPECT_EQ(ask(client, "still there?", kPatient), "still there?");
    EXPECT_TRUE(soon([&] { return !tells_of_errors(socket); })) << "with no call that failed";
  }
}

/// The Internet checksum, as ICMP wants it.
std::uint16_t checksum(std::span<const unsigned char> octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2) sum += octets[i] << 8U | octets[i + 1];
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return htons(static_cast<std::uint16_t>(~sum));
}

/// An ICMP message about a datagram from `server` to port `peer` of loopback.
std::array<unsigned char, 36> icmp_about(std::uint8_t type, std::uint8_t code,
                                         const Endpoint& server, std::uint16_t peer) {
  std::array<unsigned char, 36> message{};
  iphdr quoted{};
  quoted.ihl = 5;
  quoted.version = 4;
  quoted.tot_len = htons(100);
  quoted.ttl = 64;
  quoted.protocol = IPPROTO_UDP;
  quoted.saddr = quoted.daddr = htonl(INADDR_LOOPBACK);
  const std::array<std::uint16_t, 4> udp{htons(server.port()), htons(peer), htons(80), 0};
  std::memcpy(message.data() + 8, &quoted, sizeof quoted);
  std::memcpy(message.data() + 28, udp.data(), sizeof udp);
  message[0] = type;
  message[1] = code;
  const std::uint16_t sum = checksum(message);
  std::memcpy(message.data() + 2, &sum, sizeof sum);
  return message;
}

TEST(ClearEdges, NoForgedIcmpErrorEndsAServer) {
  os::Isolated{{}}.run([] {
    const os::Fd forger{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)};
    ASSERT_TRUE(forger);
    const auto with_errors = [](UdpSocket& made) { return made.set_error_queue(true); };
    Serving server{repeat, {.prepare = with_errors}};
    Client client = client_of(server.address());
    EXPECT_EQ(ask(client, "x", kPatient), "x");
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Every code there is: refused, unreachable, not supported, prohibited, too large.
    constexpr std::uint8_t kCodes = 16;
    for (std::uint8_t code = 0; code < kCodes; ++code) {
      const auto message = icmp_about(ICMP_DEST_UNREACH, code, server.address(), 9);
      ASSERT_EQ(::sendto(forger.number(), message.data(), message.size(), 0,
                         reinterpret_cast<const sockaddr*>(&to), sizeof to),
                ssize_t{message.size()});
      ASSERT_TRUE(soon([&] { return server->counters().failed_receives > code / 2; }))
          << "or the forgery was not believed";
      ASSERT_EQ(ask(client, "still there?", kPatient), "still there?") << unsigned{code};
    }
    EXPECT_TRUE(soon([&] { return server->counters().executed == 1U + kCodes; }));
  });
}

TEST(ClearEdges, ASpinningClientIsNotDeafenedByRefusals) {
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    const RetryPolicy often{.first_wait = 1ms, .floor = 1ms, .cap = 1ms, .give_up = 10s};
    // Room for a few of what the error queue keeps of each.
    const auto small = [](UdpSocket& made) { return made.set_option("SO_RCVBUF=4608"); };
    const Endpoint address = closed_port();
    Client client = client_of(address, {.policy = often, .idle = idle, .prepare = small});
    ASSERT_TRUE(soon([&] {
      const auto refused = client.request(as_bytes("x"), {.timeout = 100ms});
      EXPECT_EQ(refused.value().outcome, Outcome::kNotExecuted);
      return client.counters().sent > 40;
    }));
    Serving server{repeat, {}, address};
    EXPECT_EQ(ask(client, "now?", {.timeout = 10s}), "now?");
  }
}

}  // namespace
}  // namespace volley
