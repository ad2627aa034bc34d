#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "child.hpp"
#include "flooded_server.hpp"
#include "forger.hpp"
#include "shared.hpp"
#include "unit/os/isolated.hpp"

// An honest client while a million forged datagrams come in, and what they make the server
// remember.

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kForged = 1'000'000;
constexpr std::size_t kHonest = 2'000;

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

struct Flood {
  std::atomic<std::uint64_t> sent;
  std::atomic<bool> enough;  ///< The honest client has asked as much as it wanted.
};

TEST(Flood, AMillionForgedDatagramsStopNoHonestClientAndAreNotRemembered) {
  os::Isolated{{}}.run([] {
    FloodedServer server;
    const Endpoint home = *UdpSocket::bind({IpAddress::v4(127, 0, 0, 1), 0})->local();
    const Shared<Flood> flood;
    Child flooding{[&] {
      Forger forger{server.address(), 1};
      ASSERT_TRUE(forger) << "no right to raw sockets";
      while (forger.sent() < kForged || (!flood->enough && forger.sent() < 20 * kForged)) {
        forger.send(10'000, home);
        flood->sent = forger.sent();
      }
    }};
    auto client = Client::open(server.address(), {.window = 100, .source = home});
    ASSERT_TRUE(client) << client.error().message;
    Honest honest;
    for (const Instant start = now(); flood->sent < kForged || honest.asked < kHonest;) {
      ASSERT_LT(now(), start + 60s);
      honest.ask(*client, 100);
      server.look();
    }
    flood->enough = true;
    flooding.join();

    EXPECT_GE(flood->sent, kForged);
    EXPECT_GE(static_cast<double>(honest.answered), 0.999 * static_cast<double>(honest.asked))
        << honest.answered << " of " << honest.asked << ": " << honest.last_failure;
    server.check_memory();
    EXPECT_GT(server.report().wrong_ticket, kForged / 50) << "the forgeries did not arrive";
    EXPECT_GT(client->counters().dropped_unknown_client, kForged / 100)
        << "the answers to what was forged in its name did not arrive";
  });
}

}  // namespace
}  // namespace volley
