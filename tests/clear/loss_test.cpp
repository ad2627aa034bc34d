#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "base/random.hpp"

// Three of ten datagrams lost, each way.

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kClients = 8;
constexpr std::size_t kEach = 12'500;
constexpr double kLoss = 0.3;

/// One request's name, and what its answer must be.
std::array<std::byte, 8> body_of(std::uint64_t name) {
  return std::bit_cast<std::array<std::byte, 8>>(name);
}
std::array<std::byte, 8> answer_to(std::uint64_t name) {
  return body_of(mix_bits(name));
}

/// Has the kernel seem to refuse three of ten sends, which loses them.
Result<void> lose_sends(UdpSocket& socket, std::uint64_t seed) {
  socket.set_send_fault([random = Random{seed}](const Transmit&) mutable {
    return random.unit() < kLoss ? ENETUNREACH : 0;
  });
  return {};
}

struct Tally {
  std::size_t answered = 0;
  std::size_t wrong = 0;
  std::uint64_t attempts = 0;
};

/// Asks every question of one client, as many in flight as its window has.
Tally ask_all(const Endpoint& server, std::uint64_t first) {
  Tally tally;
  auto client = Client::open(server);
  EXPECT_TRUE(client) << client.error().message;
  for (std::uint64_t name = first; name < first + kEach; ++name) {
    while (!client->has_room()) EXPECT_TRUE(client->run_once());
    const auto count = [&tally, name](const Answer& answer) {
      ++(answer ? tally.answered : tally.wrong);
      const auto expected = answer_to(name);
      if (answer && !std::ranges::equal(answer.body, expected)) ++tally.wrong;
      tally.attempts += answer.attempts;
    };
    EXPECT_TRUE(client->submit(body_of(name), count, {.timeout = 60s}));
  }
  EXPECT_TRUE(client->run_until_idle());
  return tally;
}

TEST(Loss, ThirtyPercentEachWayAndEveryRequestIsExecutedOnceAndAnswered) {
  std::vector<std::atomic<std::uint8_t>> executed(kClients * kEach);
  const auto execute = [&](const Execution& request, Reply& reply) {
    std::uint64_t name = 0;
    std::memcpy(&name, request.body.data(), sizeof name);
    ++executed[name];
    reply.send(answer_to(name));
  };
  std::uint64_t seed = 1;
  auto server = Server::bind({IpAddress::v4(127, 0, 0, 1), 0}, execute,
                             {.workers = 2, .drop = kLoss, .seed = 1, .prepare = [&](auto& socket) {
                                return lose_sends(socket, ++seed);
                              }});
  ASSERT_TRUE(server) << server.error().message;
  const std::jthread serving{[&] { EXPECT_TRUE(server->run()); }};

  const Instant start = now();
  std::array<Tally, kClients> tallies;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] { tallies[i] = ask_all(server->local(), i * kEach); });
    }
  }
  server->stop();
  const auto seconds = std::chrono::duration<double>(now() - start).count();

  std::uint64_t attempts = 0;
  for (const Tally& tally : tallies) {
    EXPECT_EQ(tally.answered, kEach);
    EXPECT_EQ(tally.wrong, 0U);
    attempts += tally.attempts;
  }
  for (std::size_t name = 0; name < executed.size(); ++name) {
    ASSERT_EQ(executed[name], 1U) << "request " << name;
  }
  // Or nothing was lost: half of what is sent comes to an answer.
  EXPECT_GT(attempts, kClients * kEach * 14 / 10);
  EXPECT_GT(server->counters().simulated_losses, 0U);
  EXPECT_GT(server->counters().unsent, 0U);
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 60.0);
}

TEST(Loss, AClientLosesWhatItIsToldTo) {
  auto server =
      Server::bind({IpAddress::v4(127, 0, 0, 1), 0},
                   [](const Execution& request, Reply& reply) { reply.send(request.body); });
  ASSERT_TRUE(server) << server.error().message;
  const std::jthread serving{[&] { EXPECT_TRUE(server->run()); }};

  auto deaf = Client::open(server->local(), {.drop = 1});
  const auto unheard = deaf->request(body_of(1), {.timeout = 50ms});
  EXPECT_EQ(unheard.value().outcome, Outcome::kNotExecuted) << "it never learnt the epoch";
  auto half = Client::open(server->local(), {.drop = 0.5, .seed = 7});
  unsigned attempts = 0;
  for (int i = 0; i < 50; ++i) {
    const auto answer = half->request(body_of(2), {.timeout = 60s});
    EXPECT_TRUE(answer.value());
    attempts += answer->attempts;
  }
  EXPECT_GT(attempts, 70U);
  EXPECT_LT(attempts, 150U);
  const auto impossible = Client::open(server->local(), {.drop = 1.5});
  EXPECT_EQ(impossible.error().code, ErrorCode::kInvalid);
  server->stop();
}

}  // namespace
}  // namespace volley
