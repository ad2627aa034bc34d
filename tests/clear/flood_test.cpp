#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "child.hpp"
#include "forger.hpp"
#include "shared.hpp"
#include "unit/os/isolated.hpp"

// An honest client while a million forged datagrams come in, and what they make the server
// remember.

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;
constexpr std::size_t kMemory = 16 * kMiB;
/// Beside contexts: queues and caches (server_core.hpp), and what the allocator keeps.
constexpr std::size_t kBeside = 8 * kMiB;
constexpr std::size_t kForged = 1'000'000;

struct Report {
  std::atomic<std::uint16_t> port;
  std::atomic<std::uint64_t> most_bytes;
  std::atomic<std::uint64_t> received;
  std::atomic<std::uint64_t> executed;
  std::atomic<std::uint64_t> wrong_ticket;
  std::atomic<std::uint64_t> forged;
  std::atomic<bool> flooded;
};

/// The server's process: it tells its counts as long as it lives.
void serve(Report& report) {
  const auto execute = [](const Execution& request, Reply& reply) { reply.send(request.body); };
  auto server =
      Server::bind({IpAddress::v4(127, 0, 0, 1), 0}, execute, {.limits = {.memory = kMemory}});
  ASSERT_TRUE(server) << server.error().message;
  report.port = server->local().port();
  const std::jthread telling{[&] {
    while (true) {
      std::this_thread::sleep_for(2ms);
      const ServerCounters counters = server->counters();
      report.most_bytes = std::max<std::uint64_t>(report.most_bytes, counters.bytes);
      report.received = counters.received;
      report.executed = counters.executed;
      report.wrong_ticket = counters.wrong_ticket;
    }
  }};
  ASSERT_TRUE(server->run());
}

/// What a process has in memory now, in bytes.
std::size_t resident(pid_t process) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  }
  ADD_FAILURE() << "the server is gone";
  return 0;
}

void await(const std::function<bool()>& condition) {
  const Instant end = now() + 30s;
  while (!condition() && now() < end) std::this_thread::sleep_for(1ms);
  ASSERT_TRUE(condition());
}

struct Honest {
  std::size_t asked = 0;
  std::size_t answered = 0;
  std::string last_failure;

  void ask(Client& client, std::size_t requests) {
    for (std::size_t i = 0; i < requests; ++i) {
      while (!client.has_room()) ASSERT_TRUE(client.run_once());
      ++asked;
      ASSERT_TRUE(client.submit(as_bytes("an honest question"), [&](const Answer& answer) {
        answered += answer ? 1 : 0;
        if (!answer) last_failure = describe(answer, client.server());
      }));
    }
    ASSERT_TRUE(client.run_until_idle());
  }
};

TEST(Flood, AMillionForgedDatagramsStopNoHonestClientAndAreNotRemembered) {
  os::Isolated{{}}.run([] {
    const Shared<Report> report;
    const Child server{[&] { serve(*report); }};
    await([&] { return report->port != 0; });
    const Endpoint address{IpAddress::v4(127, 0, 0, 1), report->port};
    const Endpoint home = *UdpSocket::bind({IpAddress::v4(127, 0, 0, 1), 0})->local();

    Child flooding{[&] {
      Forger forger{address, 1};
      ASSERT_TRUE(forger) << "no right to raw sockets";
      forger.send(kForged, home);
      report->forged = forger.sent();
      report->flooded = true;
    }};
    auto client = Client::open(address, {.window = 100, .source = home});
    ASSERT_TRUE(client) << client.error().message;
    Honest honest;
    const std::size_t before = resident(server.id());
    const Instant start = now();
    std::size_t most = 0;
    while (!report->flooded && now() < start + 60s) {
      honest.ask(*client, 100);
      most = std::max(most, resident(server.id()));
    }
    const Duration flood = now() - start;
    flooding.join();

    EXPECT_GE(report->forged, kForged);
    EXPECT_GT(honest.asked, 2'000U);
    EXPECT_GE(static_cast<double>(honest.answered), 0.999 * static_cast<double>(honest.asked))
        << honest.answered << " of " << honest.asked << ": " << honest.last_failure;
    EXPECT_LE(report->most_bytes, kMemory);
    EXPECT_LE(most, before + kMemory + kBeside) << "before: " << before;
    EXPECT_GT(report->wrong_ticket, kForged / 20) << "the forgeries did not arrive";
    std::cerr << "flood of " << std::chrono::duration<double>(flood).count() << " s, received "
              << report->received << ", wrong ticket " << report->wrong_ticket << ", honest "
              << honest.answered << " of " << honest.asked << ", rss " << before << " to " << most
              << ", bytes " << report->most_bytes << ", dropped "
              << client->counters().dropped_unknown_client << "\n";
  });
}

}  // namespace
}  // namespace volley
