#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <volley/clock.hpp>
#include <volley/raw_client.hpp>
#include <volley/raw_server.hpp>
#include <volley/udp_socket.hpp>

#include "unit/runtime/raw_pair.hpp"

// Client and server together over real sockets on loopback.

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(Raw, AsksAndIsAnswered) {
  const Running server{echo};
  for (const bool connected : {true, false}) {
    RawClient client = open(server.address(), {.connected = connected});
    for (int i = 0; i < 50; ++i) {
      const std::string body = fmt::format("request {}", i);
      const auto answer = client.request(as_bytes(body));
      ASSERT_TRUE(answer) << answer.error().message;
      ASSERT_TRUE(*answer);
      EXPECT_EQ(as_text(answer->body), body);
      EXPECT_EQ(answer->attempts, 1U);
      EXPECT_TRUE(answer->round_trip);
    }
    EXPECT_EQ(client.counters().replies, 50U);
    EXPECT_TRUE(client.smoothed_round_trip());
  }
}

TEST(Raw, TheEmptyAndTheLargestBodyGoBothWays) {
  const Running server{echo};
  RawClient client = open(server.address());
  EXPECT_EQ(client.request({})->body.size(), 0U);
  std::vector<std::byte> largest(kMaxPayload, std::byte{7});
  EXPECT_EQ(client.request(largest)->body.size(), kMaxPayload);
  largest.push_back({});
  const auto refused = client.request(largest);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

TEST(Raw, HalfOfTheDatagramsLostStillAnswersAll) {
  const Running server{echo, {.drop = 0.5, .seed = 7}};
  RawClient client =
      open(server.address(),
           {.policy =
                RetryPolicy{
                    .first_wait = 2ms, .floor = 2ms, .cap = 10ms, .give_up = 5s, .adaptive = false},
            .matcher = kMatcher,
            .window = 32});
  int answered = 0;
  for (int i = 0; i < 500; ++i) {
    while (!client.has_room()) ASSERT_TRUE(client.run_once());
    const std::string body = fmt::format("....{}", i);
    const auto submitted =
        client.submit(as_bytes(body), [&answered, body](const RawAnswer& answer) {
          ASSERT_TRUE(answer) << answer.error->message;
          EXPECT_EQ(as_text(answer.body).substr(4), body.substr(4));
          ++answered;
        });
    ASSERT_TRUE(submitted) << submitted.error().message;
  }
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, 500);
  EXPECT_GT(client.counters().attempts, 700U) << "about 1,000";
}

TEST(Raw, ARefusedPortIsReportedAtOnce) {
  RawClient client = open(closed_port());
  const auto answer = client.request(as_bytes("anyone?"), 10s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, RawOutcome::kRefused);
  EXPECT_LT(answer->elapsed, 2s);
  EXPECT_EQ(answer->error->code, ErrorCode::kRefused);
  // The next request is another, on another socket.
  EXPECT_EQ(client.request(as_bytes("still?"), 10s)->outcome, RawOutcome::kRefused);
}

TEST(Raw, ASilentServerMayBeDown) {
  const Running server{[](const Datagram&, RawReply&) {}};
  std::vector<Duration> waits;
  RawClient client =
      open(server.address(), {.policy = RetryPolicy{.first_wait = 10ms,
                                                    .floor = 10ms,
                                                    .cap = 200ms,
                                                    .give_up = 310ms,
                                                    .jitter = 0,
                                                    .adaptive = false},
                              .on_wait = [&](unsigned, Duration wait) { waits.push_back(wait); }});
  const auto answer = client.request(as_bytes("hello?"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, RawOutcome::kNoAnswer);
  EXPECT_EQ(answer->attempts, 5U);
  EXPECT_EQ(waits.size(), 5U);
  EXPECT_NE(answer->error->message.find("may be down"), std::string::npos)
      << answer->error->message;
  EXPECT_GE(answer->elapsed, 310ms);
}

TEST(Raw, AStrangerWhoAnswersFirstIsNeverBelieved) {
  for (const bool connected : {true, false}) {
    auto stranger = UdpSocket::bind(kLoopback);
    auto other_address = UdpSocket::bind({IpAddress::v4(127, 0, 0, 2), 0});
    ASSERT_TRUE(stranger && other_address);
    const Running server{[&](const Datagram& request, RawReply& reply) {
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(stranger->send_to(as_bytes("believe me"), request.peer));
        ASSERT_TRUE(other_address->send_to(as_bytes("no, me"), request.peer));
      }
      reply.send(request.payload);
    }};
    RawClient client = open(server.address(), {.connected = connected});
    for (int i = 0; i < 20; ++i) {
      const auto answer = client.request(as_bytes("the truth"));
      ASSERT_TRUE(answer && *answer);
      EXPECT_EQ(as_text(answer->body), "the truth");
    }
    // The kernel drops them uncounted on a connected socket.
    if (connected) {
      EXPECT_EQ(client.counters().strangers, 0U);
    } else {
      EXPECT_GE(client.counters().strangers, 100U);
    }
  }
}

TEST(Raw, AForgedAddressWithoutTheIdIsNeverBelieved) {
  const Running server{
      [](const Datagram& request, RawReply& reply) { reply.send(request.payload); }};
  // The forger speaks from the server's own socket: the address cannot tell them apart.
  std::atomic<int> forged = 0;
  std::optional<RawServer> forger;
  auto bound = RawServer::bind(kLoopback, [&](const Datagram& request, RawReply& reply) {
    std::vector<std::byte> wrong{request.payload.begin(), request.payload.end()};
    wrong[0] ^= std::byte{1};
    ASSERT_TRUE(forger->send(wrong, request.peer, request.local));
    ++forged;
    reply.send(request.payload);
  });
  ASSERT_TRUE(bound);
  forger.emplace(std::move(*bound));
  const std::jthread thread{[&] { ASSERT_TRUE(forger->run()); }};
  RawClient client = open(forger->local(), {.matcher = kMatcher});
  for (int i = 0; i < 50; ++i) {
    const std::string body = fmt::format("....{}", i);
    const auto answer = client.request(as_bytes(body));
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(as_text(answer->body).substr(4), body.substr(4));
  }
  EXPECT_EQ(client.counters().wrong_id, static_cast<std::uint64_t>(forged.load()));
  forger->stop();
}

TEST(Raw, DuplicatesAreToldFromReplies) {
  std::optional<RawServer> server;
  auto bound = RawServer::bind(kLoopback, [&](const Datagram& request, RawReply& reply) {
    ASSERT_TRUE(server->send(request.payload, request.peer, request.local));
    reply.send(request.payload);
  });
  server.emplace(std::move(*bound));
  const std::jthread thread{[&] { ASSERT_TRUE(server->run()); }};
  RawClient client = open(server->local(), {.matcher = kMatcher});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(*client.request(as_bytes("....x")));
  // The last duplicate may still be on its way.
  ASSERT_TRUE(client.run_once(now() + 50ms));
  EXPECT_GE(client.counters().duplicates, 49U);
  EXPECT_EQ(client.counters().replies, 50U);
  server->stop();
}

TEST(Raw, ASecondServerOnATakenAddressIsAnError) {
  for (const unsigned first : {1U, 2U}) {
    const Running server{echo, {.workers = first}};
    for (const unsigned second : {1U, 2U}) {
      const auto refused = RawServer::bind(server.address(), echo, {.workers = second});
      ASSERT_FALSE(refused) << first << " then " << second;
      EXPECT_EQ(refused.error().code, ErrorCode::kAddressInUse);
    }
  }
}

TEST(Raw, WorkersShareTheClients) {
  for (const Endpoint& any : {kLoopback, Endpoint{IpAddress::any_v6(), 0}}) {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto note = [&](const Datagram& request, RawReply& reply) {
      const std::lock_guard lock{mutex};
      threads.insert(std::this_thread::get_id());
      reply.send(request.payload);
    };
    const Running server{note, {.workers = 3}, any};
    RawClient client = open(server.address(), {.window = 64});
    int answered = 0;
    for (int i = 0; i < 64; ++i) {
      ASSERT_TRUE(client.submit(as_bytes("hi"),
                                [&](const RawAnswer& answer) { answered += answer ? 1 : 0; }));
    }
    EXPECT_FALSE(client.has_room());
    EXPECT_EQ(client.submit(as_bytes("one more"), [](const RawAnswer&) {}).error().code,
              ErrorCode::kFull);
    ASSERT_TRUE(client.run_until_idle());
    EXPECT_EQ(answered, 64);
    EXPECT_EQ(threads.size(), 3U) << "64 ports on two workers of three: once in 10^11";
  }
}

TEST(Raw, AnswersTooLongForWhatWasAskedAreDropped) {
  const Running server{[](const Datagram&, RawReply& reply) { reply.send(as_bytes("0123456789")); },
                       {.max_amplification = 2}};
  RawClient client = open(server.address());
  EXPECT_TRUE(*client.request(as_bytes("12345"), 2s));
  EXPECT_FALSE(*client.request(as_bytes("1234"), 150ms));
  EXPECT_GE(server->counters().too_long, 1U);
}

TEST(Raw, StopEndsAWaitFromAnotherThread) {
  const Running server{[](const Datagram&, RawReply&) {}};
  RawClient client = open(server.address());
  const std::jthread stopper{[&] {
    std::this_thread::sleep_for(20ms);
    client.stop();
  }};
  const auto stopped = client.request(as_bytes("hello?"), 20s);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kStopped);
}

TEST(Raw, SpinningGivesTheSameAnswers) {
  const Running server{echo, {.idle = Idle::kSpin}};
  RawClient client = open(server.address(), {.idle = Idle::kSpin});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(*client.request(as_bytes("x"), 5s));
}

/// Answers every attempt 150 ms after it came, with its own body: first waits of 100 ms always end
/// before it.
class LateServer {
 public:
  LateServer()
      : socket_{std::move(*UdpSocket::bind(kLoopback))},
        thread_{[this](const std::stop_token& stop) { run(stop); }} {}
  Endpoint address() const { return *socket_.local(); }

 private:
  struct Answer {
    Instant due;
    Endpoint peer;
    std::vector<std::byte> body;
  };

  void run(const std::stop_token& stop) {
    ReceiveBatch batch;
    std::deque<Answer> answers;
    while (!stop.stop_requested()) {
      const Instant limit = now() + 10ms;
      ASSERT_TRUE(socket_.wait(answers.empty() ? limit : std::min(limit, answers.front().due)));
      ASSERT_TRUE(socket_.receive(batch));
      for (const Datagram& request : batch.datagrams()) {
        answers.push_back(
            {now() + 150ms, request.peer, {request.payload.begin(), request.payload.end()}});
      }
      for (; !answers.empty() && answers.front().due <= now(); answers.pop_front()) {
        ASSERT_TRUE(socket_.send_to(answers.front().body, answers.front().peer));
      }
    }
  }

  UdpSocket socket_;
  std::jthread thread_;
};

RawClientOptions impatient(bool matching, std::size_t window) {
  RetryPolicy policy = kLocalPolicy;
  policy.adaptive = false;  // Or the client would learn to wait, and nothing would be late.
  RawClientOptions options{.policy = policy, .window = window};
  if (matching) options.matcher = kMatcher;
  return options;
}

TEST(Raw, LateAnswersNeverBecomeAnothersWithManyInFlight) {
  const LateServer server;
  for (const bool matching : {false, true}) {
    RawClient client = open(server.address(), impatient(matching, 100));
    int answered = 0;
    for (int i = 0; i < 1'000; ++i) {
      while (!client.has_room()) ASSERT_TRUE(client.run_once());
      const std::string body = fmt::format("....{}", i);
      ASSERT_TRUE(client.submit(as_bytes(body), [&answered, body](const RawAnswer& answer) {
        ASSERT_TRUE(answer) << answer.error->message;
        EXPECT_EQ(as_text(answer.body).substr(4), body.substr(4));
        ++answered;
      }));
    }
    ASSERT_TRUE(client.run_until_idle());
    EXPECT_EQ(answered, 1'000) << (matching ? "with" : "without") << " a Matcher";
    EXPECT_GE(client.counters().attempts, 1'900U) << "about 2,000";
  }
}

TEST(Raw, LateAnswersNeverBecomeAnothersInARow) {
  const LateServer server;
  // Twenty clients at once, each with its fifty in a row: a thousand take 8 s, not 150.
  std::vector<std::jthread> clients;
  std::atomic<int> answered = 0;
  for (int number = 0; number < 20; ++number) {
    clients.emplace_back([&, number] {
      RawClientOptions options = impatient(number % 2 == 0, 1);
      // A client knows which ports it spent, not which another did: each has an address of its own.
      options.source = Endpoint{IpAddress::v4(127, 0, 1, static_cast<std::uint8_t>(number + 1)), 0};
      RawClient client = open(server.address(), std::move(options));
      for (int i = 0; i < 50; ++i) {
        const std::string body = fmt::format("....{} of {}", i, number);
        const auto answer = client.request(as_bytes(body));
        ASSERT_TRUE(answer && *answer);
        EXPECT_EQ(as_text(answer->body).substr(4), body.substr(4));
        ++answered;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(answered, 1'000);
}

}  // namespace
}  // namespace volley
