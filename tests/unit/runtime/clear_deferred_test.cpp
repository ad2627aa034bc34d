#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>

#include "unit/runtime/clear_pair.hpp"

// Answers that come later, from other threads, or never.

namespace volley {
namespace {

using namespace std::chrono_literals;

/// Threads that answer what a handler left them, until they are ended; what is left is abandoned.
class Answerers {
 public:
  explicit Answerers(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { answer_until(stop); });
    }
  }

  void operator()(const Execution& request, Reply& reply) {
    const std::lock_guard lock{mutex_};
    owed_.push_back({std::string{as_text(request.body)}, reply.defer()});
    ready_.notify_one();
  }

 private:
  struct Owed {
    std::string body;
    Responder responder;
  };

  void answer_until(const std::stop_token& stop) {
    while (true) {
      std::unique_lock lock{mutex_};
      if (!ready_.wait(lock, stop, [this] { return !owed_.empty(); })) return;
      Owed owed = std::move(owed_.front());
      owed_.pop_front();
      lock.unlock();
      if (owed.body.starts_with("drop")) continue;
      owed.responder.reply(as_bytes(owed.body), 3);
      owed.responder.reply(as_bytes("again"));  // Only the first counts.
    }
  }

  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Owed> owed_;
  std::vector<std::jthread> threads_;
};

TEST(ClearDeferred, ManyAreAnsweredByOtherThreads) {
  constexpr int kRequests = 5'000;
  for (const Idle idle : {Idle::kSleep, Idle::kSpin}) {
    for (const unsigned workers : {1U, 4U}) {
      Answerers answerers{3};
      Serving server{std::ref(answerers), {.workers = workers, .idle = idle}};
      Client client = client_of(server.address(), {.window = 500});
      std::map<std::string, int> answered;
      for (int i = 0; i < kRequests; ++i) {
        while (!client.has_room()) ASSERT_TRUE(client.run_once());
        const std::string body = std::to_string(i);
        ASSERT_TRUE(client.submit(
            as_bytes(body),
            [&answered, body](const Answer& answer) {
              answered[body] += answer && as_text(answer.body) == body && answer.status == 3;
            },
            kPatient));
      }
      ASSERT_TRUE(client.run_until_idle());
      EXPECT_EQ(answered.size(), std::size_t{kRequests});
      for (const auto& [body, times] : answered) ASSERT_EQ(times, 1) << body;
      EXPECT_TRUE(soon([&] { return server->counters().executed == std::uint64_t{kRequests}; }));
    }
  }
}

TEST(ClearDeferred, AResponderThatIsDroppedMeansExecutedReplyLost) {
  Answerers answerers{1};
  Serving server{std::ref(answerers)};
  Client client = client_of(server.address());
  const auto answer = client.request(as_bytes("drop this"), kPatient);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, Outcome::kExecutedReplyLost);
  EXPECT_EQ(answer->reason, Reason::kReplyGone);
  EXPECT_EQ(ask(client, "but not this", kPatient), "but not this");
}

TEST(ClearDeferred, ASlowAnswerIsToldAsWorkingAndAskedForOnce) {
  std::jthread slow;
  Serving server{[&](const Execution&, Reply& reply) {
    slow = std::jthread{[owed = reply.defer()]() mutable {
      std::this_thread::sleep_for(100ms);
      owed.reply(as_bytes("slowly"));
    }};
  }};
  Client client = client_of(server.address());
  const auto answer = client.request(as_bytes("x"), kPatient);
  ASSERT_TRUE(answer);
  EXPECT_EQ(as_text(answer->body), "slowly");
  EXPECT_FALSE(answer->round_trip) << "the handler's time is no measure of the path";
  EXPECT_TRUE(soon([&] { return server->counters().working >= 1; }));
  EXPECT_EQ(server->counters().executed, 1U);
}

TEST(ClearDeferred, ADeadlineAfterWorkingIsExecutedReplyLost) {
  std::optional<Responder> owed;
  Serving server{[&](const Execution&, Reply& reply) { owed.emplace(reply.defer()); }};
  {
    Client client = client_of(server.address());
    const auto answer = client.request(as_bytes("x"), {.timeout = 300ms});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, Outcome::kExecutedReplyLost);
    EXPECT_EQ(answer->reason, Reason::kNoAnswer);
  }
  server->stop();
  server.join();
  owed.reset();
}

TEST(ClearDeferred, AResponderMovedOntoAnotherOwesOnlyItsOwn) {
  std::vector<Responder> owed;
  std::atomic<std::size_t> taken = 0;
  Serving server{[&](const Execution&, Reply& reply) {
    owed.push_back(reply.defer());
    taken = owed.size();
  }};
  Client client = client_of(server.address());
  std::vector<Outcome> outcomes;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.submit(
        as_bytes("x"), [&](const Answer& answer) { outcomes.push_back(answer.outcome); },
        kPatient));
  }
  while (taken < 2) ASSERT_TRUE(client.run_once(now() + 1ms));
  {
    Responder first = std::move(owed[0]);
    Responder second = std::move(owed[1]);
    first = std::move(second);  // What the first owed is nobody's any more.
    first.reply(as_bytes("second"));
  }
  ASSERT_TRUE(client.run_until_idle());
  std::ranges::sort(outcomes);
  EXPECT_EQ(outcomes, (std::vector{Outcome::kReply, Outcome::kExecutedReplyLost}));
  owed.clear();
}

}  // namespace
}  // namespace volley
