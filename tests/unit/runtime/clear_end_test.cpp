#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>

#include "unit/os/no_room_for_threads.hpp"
#include "unit/runtime/clear_pair.hpp"

// How clients and servers end: by stop, by drain, from other threads and from signal handlers.

namespace volley {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ClearEnd, StopEndsAClientsWaitFromAnotherThread) {
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    Client client = client_of(closed_port(), {.idle = idle});
    const std::jthread stopper{[&] {
      std::this_thread::sleep_for(20ms);
      client.stop();
    }};
    const Instant start = now();
    const auto answer = client.request(as_bytes("x"), {.timeout = 20s});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kStopped);
    EXPECT_LT(now() - start, 10s);
    EXPECT_EQ(client.run_once().error().code, ErrorCode::kStopped);
    EXPECT_EQ(client.request(as_bytes("x")).error().code, ErrorCode::kStopped);
    EXPECT_EQ(client.ping(44, 1s).error().code, ErrorCode::kStopped);
  }
}

TEST(ClearEnd, AHandlerThatAsksForEverCannotHoldUpAStop) {
  Serving server;
  Client client = client_of(server.address());
  std::function<void()> submit = [&] {
    const auto done = client.submit(as_bytes("x"), [&](const Answer&) { submit(); });
    EXPECT_TRUE(done) << done.error().message;
  };
  submit();
  const std::jthread stopper{[&] {
    std::this_thread::sleep_for(20ms);
    client.stop();
  }};
  EXPECT_EQ(client.run_until_idle().error().code, ErrorCode::kStopped);
}

/// What a signal does, for as long as this lives.
class OnSignal {
 public:
  explicit OnSignal(std::function<void()> work) {
    work_ = std::move(work);
    struct sigaction action{};
    action.sa_handler = [](int) { work_(); };
    ::sigaction(SIGUSR1, &action, &before_);
  }
  ~OnSignal() { ::sigaction(SIGUSR1, &before_, nullptr); }
  OnSignal(const OnSignal&) = delete;
  OnSignal& operator=(const OnSignal&) = delete;

 private:
  static inline std::function<void()> work_;
  struct sigaction before_{};
};

TEST(ClearEnd, StopAndDrainWorkFromASignalHandler) {
  for (const unsigned workers : {1U, 4U}) {
    for (const bool drain : {false, true}) {
      auto server = Server::bind(kLoopback, repeat, {.workers = workers});
      ASSERT_TRUE(server);
      const OnSignal end{[&] { drain ? server->drain() : server->stop(); }};
      // The signal reaches a thread that waits for datagrams, or is about to.
      const pthread_t waiting = ::pthread_self();
      const std::jthread sender{[&] {
        Client client = client_of(server->local());
        EXPECT_EQ(ask(client, "x", kPatient), "x");
        ::pthread_kill(waiting, SIGUSR1);
      }};
      const auto done = server->run();
      EXPECT_TRUE(done) << done.error().message;
    }
  }
}

TEST(ClearEnd, AClientStopsFromASignalHandler) {
  Client client = client_of(closed_port());
  const OnSignal end{[&] { client.stop(); }};
  const pthread_t waiting = ::pthread_self();
  const std::jthread sender{[&] {
    std::this_thread::sleep_for(20ms);
    ::pthread_kill(waiting, SIGUSR1);
  }};
  EXPECT_EQ(client.request(as_bytes("x"), {.timeout = 20s}).error().code, ErrorCode::kStopped);
}

TEST(ClearEnd, AStopBeforeTheRunEndsIt) {
  for (const unsigned workers : {1U, 4U}) {
    auto server = Server::bind(kLoopback, repeat, {.workers = workers});
    ASSERT_TRUE(server);
    server->stop();
    EXPECT_TRUE(server->run());
  }
}

TEST(ClearEnd, DrainFinishesWhatRunsAndRefusesTheRest) {
  std::optional<Responder> owed;
  std::atomic<bool> taken = false;
  Serving server{[&](const Execution& request, Reply& reply) {
    if (as_text(request.body) == "second") return reply.send({});
    owed.emplace(reply.defer());
    taken = true;
  }};
  Client client = client_of(server.address());
  std::string first;
  ASSERT_TRUE(client.submit(
      as_bytes("first"),
      [&](const Answer& answer) { first = answer ? as_text(answer.body) : "no answer"; },
      kPatient));
  while (!taken) ASSERT_TRUE(client.run_once(now() + 1ms));
  server->drain();
  Answer second{.outcome = Outcome::kReply};
  while (second) {
    // Until the worker has seen the word, it takes new ones in.
    ASSERT_TRUE(client.submit(
        as_bytes("second"), [&](const Answer& answer) { second = answer; }, kPatient));
    while (client.in_flight() > 1) ASSERT_TRUE(client.run_once(now() + 1ms));
  }
  EXPECT_EQ(second.outcome, Outcome::kNotExecuted);
  EXPECT_EQ(second.reason, Reason::kBusy);
  EXPECT_EQ(first, "");
  owed->reply(as_bytes("late but here"));
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(first, "late but here");
  const Instant answered = now();
  server.join();
  EXPECT_LT(now() - answered, 10s) << "nothing runs any more";
  EXPECT_EQ(server->counters().running, 0U);
}

TEST(ClearEnd, TheNextServerOnTheAddressIsAnotherIncarnation) {
  std::optional<Serving> server{std::in_place};
  const Endpoint address = server->address();
  Client client = client_of(address);
  EXPECT_EQ(ask(client, "to the first", kPatient), "to the first");
  server.reset();
  server.emplace(repeat, ServerOptions{}, address);
  EXPECT_TRUE(soon([&] { return ask(client, "to the second", kPatient) == "to the second"; }))
      << "only of one that began a moment ago it cannot be sure that none was before it";
  EXPECT_EQ(client.counters().epochs, 2U);
}

TEST(ClearEnd, ASecondServerOnATakenAddressIsAnError) {
  for (const unsigned workers : {1U, 4U}) {
    Serving server{repeat, {.workers = workers}};
    for (const unsigned more : {1U, 4U}) {
      const auto second = Server::bind(server.address(), repeat, {.workers = more});
      ASSERT_FALSE(second);
      EXPECT_EQ(second.error().code, ErrorCode::kAddressInUse);
      EXPECT_THAT(second.error().message, HasSubstr(server.address().to_string()));
    }
  }
}

TEST(ClearEnd, NoRoomForTheWorkersThreadsIsAnError) {
  auto server = Server::bind(kLoopback, repeat, {.workers = 2});
  ASSERT_TRUE(server);
  const NoRoomForThreads scarce;
  const auto done = server->run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFull);
}

}  // namespace
}  // namespace volley
