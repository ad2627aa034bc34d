#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "unit/runtime/clear_pair.hpp"

// What clients and servers promise, over real sockets and with nothing in their way.

namespace volley {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Endpoint kLoopbackV6{IpAddress::loopback(Family::kIpv6), 0};

TEST(Clear, AsksAndIsAnsweredByEveryKindOfServer) {
  for (const Endpoint& local : {kLoopback, kLoopbackV6}) {
    for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
      for (const unsigned workers : {1U, 4U}) {
        SCOPED_TRACE(local.to_string() + (idle == Idle::kSpin ? ", spinning" : ", sleeping") +
                     ", workers: " + std::to_string(workers));
        const auto shout = [](const Execution& request, Reply& reply) {
          const std::string text = std::string{as_text(request.body)} + "!";
          reply.send(as_bytes(text), 7);
        };
        Serving server{shout, {.workers = workers, .idle = idle}, local};
        Client client = client_of(server.address(), {.idle = idle});
        const auto answer = client.request(as_bytes("hello"), kPatient);
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->outcome, Outcome::kReply);
        EXPECT_EQ(as_text(answer->body), "hello!");
        EXPECT_EQ(answer->status, 7);
        EXPECT_GE(answer->attempts, 1U);
        EXPECT_EQ(client.in_flight(), 0U);
        EXPECT_TRUE(soon([&] { return server->counters().executed == 1; }));
      }
    }
  }
}

TEST(Clear, TheEmptyAndTheLargestBodyGoBothWays) {
  Serving server;
  Client client = client_of(server.address());
  constexpr std::size_t kLargest = 65'459;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1'200}, kLargest}) {
    const std::string body(size, 'b');
    EXPECT_TRUE(ask(client, body, kPatient) == body) << size;
  }
  const std::string over(kLargest + 1, 'b');
  const auto refused = client.request(as_bytes(over));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(client.submit(as_bytes(over), [](const Answer&) {}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(client.in_flight(), 0U);
  EXPECT_EQ(ask(client, "as before", kPatient), "as before");
}

TEST(Clear, AnAnswerThatIsNoneIsExecutedReplyLost) {
  const std::string over(65'460, 'b');
  Serving server{[&](const Execution& request, Reply& reply) {
    if (as_text(request.body) == "too large") reply.send(as_bytes(over));
  }};
  Client client = client_of(server.address());
  for (const std::string body : {"too large", "silence"}) {
    const auto answer = client.request(as_bytes(body), kPatient);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, Outcome::kExecutedReplyLost) << body;
    EXPECT_EQ(answer->reason, Reason::kReplyGone) << body;
  }
  EXPECT_TRUE(soon([&] { return server->counters().abandoned == 2; }));
}

TEST(Clear, OnlyTheFirstAnswerCounts) {
  Serving server{[](const Execution&, Reply& reply) {
    reply.send(as_bytes("first"));
    reply.send(as_bytes("second"));
  }};
  Client client = client_of(server.address());
  EXPECT_EQ(ask(client, "?", kPatient), "first");
  EXPECT_EQ(ask(client, "?", kPatient), "first");
}

TEST(Clear, TheHandlerIsToldWhoAsksWhereAndHow) {
  std::vector<Execution> seen;
  Serving server{[&](const Execution& request, Reply& reply) {
    seen.push_back(request);
    reply.send({});
  }};
  const Endpoint source{IpAddress::v4(127, 0, 0, 9), 0};
  Client client = client_of(server.address(), {.source = source});
  ask(client, "?", kPatient);
  ask(client, "?", {.timeout = 30s, .idempotent = true});
  server->stop();
  server.join();
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen.front().peer.address(), source.address());
  EXPECT_EQ(seen.front().local, server.address());
  EXPECT_FALSE(seen.front().idempotent);
  EXPECT_TRUE(seen.back().idempotent);
}

TEST(Clear, AFullWindowRefusesUntilARunMakesRoom) {
  Serving server;
  Client client = client_of(server.address(), {.window = 10});
  int answered = 0;
  const auto submit = [&] {
    return client.submit(
        as_bytes("x"), [&](const Answer& answer) { answered += answer ? 1 : 0; }, kPatient);
  };
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(client.has_room());
    ASSERT_TRUE(submit());
  }
  EXPECT_FALSE(client.has_room());
  EXPECT_EQ(submit().error().code, ErrorCode::kFull);
  EXPECT_EQ(client.request(as_bytes("x")).error().code, ErrorCode::kFull);
  EXPECT_EQ(client.in_flight(), 10U);
  ASSERT_TRUE(client.run_once());
  EXPECT_TRUE(client.has_room());
  ASSERT_TRUE(submit());
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, 11);
}

TEST(Clear, AHandlerMaySubmitButNotWait) {
  Serving server;
  Client client = client_of(server.address(), {.window = 1});
  int answered = 0;
  std::function<void()> submit = [&] {
    const auto done = client.submit(
        as_bytes("x"),
        [&](const Answer& answer) {
          if (!answer) return;
          EXPECT_EQ(client.request(as_bytes("y")).error().code, ErrorCode::kInvalid);
          EXPECT_EQ(client.run_once().error().code, ErrorCode::kInvalid);
          EXPECT_EQ(client.ping(44, 1s).error().code, ErrorCode::kInvalid);
          if (++answered < 500) submit();
        },
        kPatient);
    EXPECT_TRUE(done) << done.error().message;
  };
  submit();
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, 500);
}

TEST(Clear, EachHandlerGetsItsOwnAnswerThoughTheOthersSubmitMore) {
  Serving server;
  Client client = client_of(server.address(), {.window = 64});
  int asked = 0;
  int right = 0;
  // Many answers come in one datagram, and the first handlers submit before the last were told.
  const std::function<void()> more = [&] {
    if (asked == 2'000) return;
    const std::string body = std::to_string(asked++);
    const auto done = client.submit(
        as_bytes(body),
        [&, body](const Answer& answer) {
          right += answer && as_text(answer.body) == body ? 1 : 0;
          more();
        },
        kPatient);
    ASSERT_TRUE(done) << done.error().message;
  };
  for (int i = 0; i < 64; ++i) more();
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(right, 2'000);
}

TEST(Clear, RunOnceReturnsAtItsTimeWithNothingToDo) {
  Serving server;
  Client client = client_of(server.address());
  const Instant start = now();
  ASSERT_TRUE(client.run_once(start + 20ms));
  EXPECT_GE(now(), start + 20ms);
  ASSERT_TRUE(client.run_once());
  ASSERT_TRUE(client.run_until_idle());
}

TEST(Clear, RequestsSubmittedTogetherShareDatagrams) {
  Serving server;
  Client client = client_of(server.address());
  constexpr int kRequests = 1'000;
  int answered = 0;
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_TRUE(client.submit(
        as_bytes("x"), [&](const Answer& answer) { answered += answer ? 1 : 0; }, kPatient));
  }
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answered, kRequests);
  EXPECT_EQ(client.counters().replies, std::uint64_t{kRequests});
  EXPECT_LT(client.counters().sent, std::uint64_t{kRequests} / 4);
  EXPECT_TRUE(soon([&] { return server->counters().executed == std::uint64_t{kRequests}; }));
}

TEST(Clear, WhatHandlersSubmitIsSentBeforeTheLastReplyIsRead) {
  Serving server;
  constexpr int kInFlight = 1'000;
  constexpr int kLooks = 1'000;
  Client client = client_of(server.address(), {.window = kInFlight});
  const std::string body(64, 'x');
  std::uint64_t sent = 0;  // At the first of the handlers that a look at the socket runs.
  bool first = true;
  bool early = false;
  const std::function<void()> ask = [&] {
    const auto done = client.submit(
        as_bytes(body),
        [&](const Answer&) {
          if (std::exchange(first, false)) sent = client.counters().sent;
          early = early || client.counters().sent != sent;
          if (!early) ask();
        },
        kPatient);
    ASSERT_TRUE(done) << done.error().message;
  };
  for (int i = 0; i < kInFlight; ++i) ask();
  for (int i = 0; i < kLooks && !early; ++i) {
    first = true;
    ASSERT_TRUE(client.run_once());
    std::this_thread::sleep_for(1ms);  // More replies than half of all come meanwhile.
  }
  EXPECT_TRUE(early);
  ASSERT_TRUE(client.run_until_idle());
}

TEST(Clear, AServerThatIsNotThereExecutesNothing) {
  Client client = client_of(closed_port());
  const auto answer = client.request(as_bytes("x"), {.timeout = 100ms});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->hint, ErrorCode::kRefused);
  EXPECT_GE(answer->elapsed, 100ms);
  EXPECT_EQ(answer->attempts, 0U);
  EXPECT_THAT(describe(*answer, client.server()), HasSubstr("not executed"));
}

TEST(Clear, ASilentServerMayHaveExecuted) {
  std::atomic<bool> silent = false;
  Serving server{[&](const Execution& request, Reply& reply) {
                   if (as_text(request.body) == "slow") {
                     silent = true;
                     std::this_thread::sleep_for(300ms);
                   }
                   reply.send(request.body);
                 },
                 {}};
  Client client = client_of(server.address());
  EXPECT_EQ(ask(client, "x", kPatient), "x");
  const auto answer = client.request(as_bytes("slow"), {.timeout = 100ms});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, Outcome::kUnknown);
  EXPECT_EQ(answer->reason, Reason::kNoAnswer);
  EXPECT_TRUE(silent);
  // What comes for it later is nobody's answer.
  EXPECT_EQ(ask(client, "next", kPatient), "next");
}

TEST(Clear, PingsAreEchoedAtTheirLength) {
  Serving server;
  Client client = client_of(server.address());
  EXPECT_EQ(ask(client, "x", kPatient), "x");
  for (const std::size_t size : {std::size_t{44}, std::size_t{1'200}, std::size_t{65'507}}) {
    std::optional<Pong> pong;
    // A large one is fragmented by the loopback interface too, and may be lost with a fragment.
    for (int i = 0; i < 5 && !pong; ++i) {
      const auto pinged = client.ping(size, 2s);
      ASSERT_TRUE(pinged) << pinged.error().message;
      pong = *pinged;
    }
    ASSERT_TRUE(pong) << size;
    EXPECT_EQ(pong->size, size);
    EXPECT_GT(pong->round_trip, 0ns);
  }
  EXPECT_EQ(client.ping(43, 1s).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client.ping(65'508, 1s).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(soon([&] { return server->counters().executed == 1; }));
}

TEST(Clear, PingsOfWhoIsSilentComeToNothingAndOfNobodyToTheCause) {
  const auto silent = UdpSocket::bind(kLoopback);
  Client patient = client_of(*silent->local());
  const Instant start = now();
  const auto unheard = patient.ping(44, 50ms);
  ASSERT_TRUE(unheard) << unheard.error().message;
  EXPECT_FALSE(*unheard);
  EXPECT_GE(now(), start + 50ms);
  EXPECT_FALSE(patient.last_hint());

  Client refused = client_of(closed_port());
  EXPECT_EQ(refused.ping(44, 10s).error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.last_hint(), ErrorCode::kRefused);
  EXPECT_LT(now(), start + 10s);
}

TEST(Clear, PingsInFlightAreToldAsTheyComeBack) {
  Serving server;
  std::map<std::uint64_t, int> echoes;
  Client client =
      client_of(server.address(), {.on_pong = [&](const Pong& pong) { ++echoes[pong.opaque]; }});
  EXPECT_EQ(ask(client, "x", kPatient), "x");
  for (std::size_t i = 0; i < ClientLimits::kPings; ++i) {
    const auto opaque = client.submit_ping(44 + i);
    ASSERT_TRUE(opaque) << opaque.error().message;
    echoes[*opaque] = 0;
  }
  EXPECT_EQ(client.submit_ping(44).error().code, ErrorCode::kFull);
  const auto all = [&] {
    return std::ranges::all_of(echoes, [](const auto& echo) { return echo.second == 1; });
  };
  for (const Instant end = now() + 10s; !all() && now() < end;) {
    ASSERT_TRUE(client.run_once(now() + 10ms));
  }
  EXPECT_EQ(echoes.size(), ClientLimits::kPings);
  EXPECT_TRUE(all());
}

TEST(Clear, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(Client::open(kLoopback.with_port(9), {.window = 0}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Client::open(kLoopback.with_port(9), {.window = 65'537}).error().code,
            ErrorCode::kInvalid);
  const auto refused = [](const ServerOptions& options, Server::Handler handler,
                          const std::string& named) {
    const auto server = Server::bind(kLoopback, std::move(handler), options);
    ASSERT_FALSE(server) << named;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(server.error().message, HasSubstr(named));
  };
  refused({.workers = 0}, repeat, "0 workers");
  refused({.workers = 65}, repeat, "65 workers");
  refused({.drop = 1.5}, repeat, "1.5");
  refused({.drop = std::nan("")}, repeat, "nan");
  refused({}, nullptr, "handler");
}

}  // namespace
}  // namespace volley
