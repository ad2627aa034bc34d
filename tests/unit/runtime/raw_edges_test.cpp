#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <barrier>
#include <cerrno>
#include <cmath>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <volley/clock.hpp>
#include <volley/raw_client.hpp>
#include <volley/raw_server.hpp>
#include <volley/udp_socket.hpp>

#include "unit/os/no_room_for_threads.hpp"
#include "unit/runtime/raw_pair.hpp"

// What raw clients and servers do at their limits, and when the kernel, the user or ICMP is unkind.

namespace volley {
namespace {

using namespace std::chrono_literals;

using Prepare = std::function<Result<void>(UdpSocket&)>;

RetryPolicy silent_for(Duration give_up) {
  return {.first_wait = give_up, .floor = 1ms, .cap = give_up, .give_up = give_up, .jitter = 0};
}

int option_of(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(socket, level, name, &value, &size), 0);
  return value;
}

bool tells_of_errors(int socket) {
  pollfd entry{.fd = socket, .events = 0, .revents = 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(RawEdges, AFullWindowOfHandlersThatAskAgain) {
  const Running server{echo};
  RawClient client = open(server.address(), {.window = RawLimits::kPorts});
  std::size_t answered = 0;
  const auto ask = [&](RawClient::Handler handler) {
    const auto done = client.submit(as_bytes("x"), std::move(handler), 10s);
    EXPECT_TRUE(done) << done.error().message;
  };
  for (std::size_t i = 0; i < RawLimits::kPorts; ++i) {
    ask([&](const RawAnswer& first) {
      answered += first ? 1 : 0;
      ask([&](const RawAnswer& second) { answered += second ? 1 : 0; });
    });
  }
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, 2 * RawLimits::kPorts);
}

TEST(RawEdges, AnEmptyRequestBehindAFullBatch) {
  const Running server{echo};
  // Its size is a datagram's ID. Growing ones make no runs: each is a message of its own.
  const auto size = [](Bytes datagram) {
    return std::optional{MatchId{.high = 0, .low = datagram.size()}};
  };
  RawClient client = open(server.address(), {.matcher = Matcher{size, size}, .window = 100});
  const std::string text(SendBatch::Options{}.transmits, 'x');
  std::size_t answered = 0;
  for (std::size_t i = 1; i <= text.size() + 1; ++i) {
    const Bytes body = as_bytes(text).first(i <= text.size() ? i : 0);
    ASSERT_TRUE(client.submit(body, [&](const RawAnswer& answer) { answered += answer ? 1 : 0; }));
  }
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, text.size() + 1);
}

/// Prepares sockets whose every datagram the kernel seems to refuse.
Result<void> refuse_all(UdpSocket& socket) {
  socket.set_send_fault([](const Transmit&) { return ECONNREFUSED; });
  return {};
}

TEST(RawEdges, ARefusalBySendingIsReportedAtOnce) {
  const Running server{echo};
  RawClient client = open(server.address(), {.prepare = refuse_all});
  const auto answer = client.request(as_bytes("x"), 20s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, RawOutcome::kRefused);
  EXPECT_LT(answer->elapsed, 2s);
}

TEST(RawEdges, AHandlerThatAsksForEverCannotHoldUpAStop) {
  const Running server{echo};
  RawClient client = open(server.address(), {.matcher = kMatcher, .prepare = refuse_all});
  std::function<void()> ask = [&] {
    const auto done = client.submit(as_bytes("...."), [&](const RawAnswer&) { ask(); });
    EXPECT_TRUE(done) << done.error().message;
  };
  ask();
  const std::jthread stopper{[&] {
    std::this_thread::sleep_for(20ms);
    client.stop();
  }};
  const auto stopped = client.run_until_idle();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kStopped);
}

TEST(RawEdges, ARefusalThatOnlyTheErrorQueueTellsIsReportedAtOnce) {
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    int socket = -1;
    // Sent, and refused within the send: another call takes the error away, as sendmmsg may.
    const auto take = [&](unsigned, Duration) { option_of(socket, SOL_SOCKET, SO_ERROR); };
    RawClient client = open(closed_port(), {.idle = idle,
                                            .prepare =
                                                [&](UdpSocket& made) {
                                                  socket = made.native_handle();
                                                  return Result<void>{};
                                                },
                                            .on_wait = take});
    const auto answer = client.request(as_bytes("anyone?"), 20s);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, RawOutcome::kRefused);
    EXPECT_LT(answer->elapsed, 2s);
  }
}

TEST(RawEdges, AnUnconnectedClientNamesWhatKeptItFromSending) {
  const Running server{echo};
  for (const auto& [number, code] :
       {std::pair{EPERM, ErrorCode::kPermission}, std::pair{EMSGSIZE, ErrorCode::kTooLarge},
        std::pair{EHOSTUNREACH, ErrorCode::kUnreachable}}) {
    const auto fail = [answer = number](UdpSocket& socket) {
      socket.set_send_fault([answer](const Transmit&) { return answer; });
      return Result<void>{};
    };
    RawClient client =
        open(server.address(), {.policy = silent_for(20ms), .connected = false, .prepare = fail});
    const auto lost = client.request(as_bytes("x"));
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->error->code, code) << lost->error->message;
  }
}

TEST(RawEdges, TimestampsInTheErrorQueueKeepNobodyBusy) {
  const Running server{[](const Datagram&, RawReply&) {}};
  // SOF_TIMESTAMPING_TX_SOFTWARE and SOF_TIMESTAMPING_SOFTWARE.
  const Prepare stamped = [](UdpSocket& socket) { return socket.set_option("1:37=18"); };
  for (const bool connected : {true, false}) {
    RawClient client = open(
        server.address(),
        {.policy = silent_for(400ms), .window = 2, .connected = connected, .prepare = stamped});
    int unanswered = 0;
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(client.submit(as_bytes("x"), [&](const RawAnswer& answer) {
        EXPECT_EQ(answer.error->code, ErrorCode::kTimedOut) << "a timestamp is no hint";
        ++unanswered;
      }));
    }
    timespec before{};
    timespec after{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    ASSERT_TRUE(client.run_until_idle());
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    EXPECT_EQ(unanswered, 2);
    const auto busy = std::chrono::seconds{after.tv_sec - before.tv_sec} +
                      std::chrono::nanoseconds{after.tv_nsec - before.tv_nsec};
    // It takes a fraction of one; to spin takes what other programs leave of the 400.
    EXPECT_LT(busy, 20ms);
  }
}

TEST(RawEdges, AServersErrorQueueIsEmptied) {
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    std::atomic<int> socket = -1;
    const Prepare with_errors = [&](UdpSocket& made) {
      socket = made.native_handle();
      return made.set_error_queue(true);
    };
    const Running server{echo, {.idle = idle, .prepare = with_errors}};
    // Nobody waits for the answer: ICMP says so to the server.
    ASSERT_TRUE(UdpSocket::open_connected(server.address())->send(as_bytes("x")));
    ASSERT_TRUE(soon([&] { return server->counters().answered == 1; }));
    EXPECT_TRUE(soon([&] { return !tells_of_errors(socket); }));
    EXPECT_TRUE(*open(server.address()).request(as_bytes("still there?"), 10s));
  }
}

TEST(RawEdges, WhatTheUserPreparesStands) {
  int socket = -1;
  const auto keep = [&socket](const std::string& option) -> Prepare {
    return [&socket, option](UdpSocket& made) {
      socket = made.native_handle();
      return made.set_option(option);
    };
  };
  const auto server = RawServer::bind(kLoopback, echo, {.prepare = keep("UDP_GRO=0")});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(option_of(socket, IPPROTO_UDP, UDP_GRO), 0);
  const RawClient client = open(server->local(), {.prepare = keep("IP_RECVERR=0")});
  EXPECT_EQ(option_of(socket, IPPROTO_IP, IP_RECVERR), 0);
}

TEST(RawEdges, OfTwoServersThatStartTogetherOneGetsTheAddress) {
  int served = 0;
  for (int round = 0; round < 200; ++round) {
    const Endpoint any = round % 2 == 0 ? kLoopback : Endpoint{IpAddress::any_v6(), 0};
    const Endpoint address = any.with_port(UdpSocket::bind(any)->local()->port());
    std::barrier both{2};
    std::array<bool, 2> bound{};
    std::vector<std::jthread> starters;
    for (bool& mine : bound) {
      starters.emplace_back([&] {
        both.arrive_and_wait();
        const auto server = RawServer::bind(address, echo, {.workers = 2});
        mine = server.has_value();
        both.arrive_and_wait();
      });
    }
    starters.clear();
    ASSERT_FALSE(bound[0] && bound[1]) << "in round " << round;
    served += bound[0] || bound[1] ? 1 : 0;
  }
  EXPECT_GT(served, 190) << "or other programs took the port in between";
}

TEST(RawEdges, NoRoomForTheWorkersThreadsIsAnError) {
  auto server = RawServer::bind(kLoopback, echo, {.workers = 2});
  ASSERT_TRUE(server);
  const NoRoomForThreads scarce;
  const auto done = server->run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFull);
}

TEST(RawEdges, AsksOneHostOnlyAndFromItsOwnFamily) {
  const auto refused = [](const Endpoint& server, RawClientOptions options,
                          std::initializer_list<std::string> named) {
    const auto client = RawClient::open(server, std::move(options));
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::kInvalid);
    for (const std::string& word : named) {
      EXPECT_NE(client.error().message.find(word), std::string::npos) << client.error().message;
    }
  };
  for (const char* many : {"224.0.0.251", "ff02::fb", "255.255.255.255"}) {
    refused({*IpAddress::parse(many), 5353}, {}, {many, "volley send"});
  }
  const Endpoint four{IpAddress::v4(127, 0, 0, 1), 0};
  const Endpoint six{IpAddress::loopback(Family::kIpv6), 0};
  for (const bool connected : {true, false}) {
    for (const auto& [server, source] : {std::pair{six, four}, std::pair{four, six}}) {
      refused(server.with_port(1060), {.connected = connected, .source = source},
              {server.with_port(1060).to_string(), source.to_string()});
    }
    const Endpoint wildcard{IpAddress::any_v6(), 0};
    EXPECT_TRUE(
        RawClient::open(four.with_port(1060), {.connected = connected, .source = wildcard}));
  }
}

TEST(RawEdges, OptionsThatMakeNoSenseAreRefused) {
  const auto code = [](RawServer::Handler handler, const RawServerOptions& options) {
    const auto server = RawServer::bind(kLoopback, std::move(handler), options);
    return server ? ErrorCode::kSystem : server.error().code;
  };
  EXPECT_EQ(code({}, {}), ErrorCode::kInvalid);
  for (const double wrong : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(code(echo, {.drop = wrong}), ErrorCode::kInvalid);
  }
  for (const double wrong : {-1.0, HUGE_VAL, std::nan("")}) {
    EXPECT_EQ(code(echo, {.max_amplification = wrong}), ErrorCode::kInvalid);
  }
  EXPECT_EQ(code(echo, {.drop = 1.0, .max_amplification = 0.0}), ErrorCode::kSystem) << "is bound";

  RawClient client = open(closed_port());
  const auto submitted = client.submit(as_bytes("x"), {});
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client.in_flight(), 0U);
}

}  // namespace
}  // namespace volley
