#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "base/random.hpp"
#include "child.hpp"
#include "shared.hpp"

// A server that is killed again and again in the middle of its work, and what its clients are told.

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRequests = 200'000;
constexpr std::size_t kClients = 4;
constexpr int kKills = 8;

/// What outlives the servers: how often each request was started.
struct Log {
  std::array<std::atomic<std::uint32_t>, kRequests> started;
  std::atomic<std::uint32_t> servers;
};

std::array<std::byte, 8> answer_to(std::uint64_t name) {
  return std::bit_cast<std::array<std::byte, 8>>(mix_bits(name));
}

/// Every two-hundredth takes a few milliseconds and is answered by another thread: more than may
/// run together.
bool is_slow(std::uint64_t name) {
  return name % 200 == 0;
}
/// Every tenth has no patience for a server that is not there.
RequestOptions options_of(std::uint64_t name) {
  return {.timeout = name % 10 == 1 ? 50ms : 10s};
}

/// The server's process: it never ends by itself.
void serve(const Endpoint& address, Log& log) {
  struct Owed {
    Instant due;
    std::uint64_t name;
    Responder responder;
  };
  std::mutex mutex;
  std::deque<Owed> owed;
  const auto execute = [&](const Execution& request, Reply& reply) {
    std::uint64_t name = 0;
    std::memcpy(&name, request.body.data(), sizeof name);
    ++log.started[name];
    if (!is_slow(name)) return reply.send(answer_to(name));
    const std::lock_guard lock{mutex};
    owed.push_back({now() + 8ms, name, reply.defer()});
  };
  const ServerLimits few{.running = 32, .address_share = 1};
  auto server = Server::bind(address, execute, {.workers = 2, .limits = few});
  ASSERT_TRUE(server) << server.error().message;
  const std::jthread answering{[&] {
    while (true) {
      std::this_thread::sleep_for(1ms);
      const std::lock_guard lock{mutex};
      for (; !owed.empty() && owed.front().due <= now(); owed.pop_front()) {
        owed.front().responder.reply(answer_to(owed.front().name));
      }
    }
  }};
  ++log.servers;
  ASSERT_TRUE(server->run());
}

/// What each request was told to have become.
class Claims {
 public:
  explicit Claims(const Log& log) : log_{log} {}

  Client::Handler claim(std::uint64_t name) {
    return [this, name](const Answer& answer) {
      ++counts_[static_cast<std::size_t>(answer.outcome)];
      outcomes_[name] = answer.outcome;
      if (answer.reason == Reason::kBusy) busy_ = true;
      if (!answer) return;
      const auto expected = answer_to(name);
      EXPECT_TRUE(std::ranges::equal(answer.body, expected)) << "request " << name;
    };
  }

  /// Whether a server had too much to do since this was asked last.
  bool was_busy() { return std::exchange(busy_, false); }

  std::size_t of(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  std::size_t all() const { return counts_[0] + counts_[1] + counts_[2] + counts_[3]; }

  /// Compares every claim with what the servers wrote down.
  void check() const {
    for (std::size_t name = 0; name < outcomes_.size(); ++name) {
      const std::uint32_t started = log_.started[name];
      ASSERT_TRUE(outcomes_[name]) << "request " << name << " has not ended";
      ASSERT_LE(started, 1U) << "request " << name << " ran twice";
      switch (*outcomes_[name]) {
        case Outcome::kReply:
        case Outcome::kExecutedReplyLost:
          ASSERT_EQ(started, 1U) << "request " << name << " did not run";
          break;
        case Outcome::kNotExecuted:
          ASSERT_EQ(started, 0U) << "request " << name << " ran";
          break;
        case Outcome::kUnknown:
          break;
      }
    }
  }

 private:
  const Log& log_;
  bool busy_ = false;
  std::array<std::size_t, 4> counts_{};
  std::vector<std::optional<Outcome>> outcomes_{kRequests};
};

/// A free port, which nothing takes between one server and the next: the kernel gives such ports to
/// clients only when it has no other.
Endpoint free_address() {
  return *UdpSocket::bind({IpAddress::v4(127, 0, 0, 1), 0})->local();
}

class Load {
 public:
  Load(const Endpoint& server, Claims& claims) : claims_{claims} {
    for (std::size_t i = 0; i < kClients; ++i) {
      auto client = Client::open(server, {.window = 256});
      EXPECT_TRUE(client) << client.error().message;
      clients_.push_back(std::move(*client));
    }
  }

  /// Asks until so many of all requests have ended, and keeps the windows full meanwhile.
  void run_until(std::size_t ended) {
    while (claims_.all() < ended) {
      // Refusals are quick: who asked on would be refused all along, as fast as the machine is.
      if (claims_.was_busy()) run_for(5ms);
      for (Client& client : clients_) {
        while (client.has_room() && next_ < kRequests) submit(client);
        ASSERT_TRUE(client.run_once(now() + 1ms));
      }
    }
  }
  /// The same for so long.
  void run_for(Duration time) {
    for (const Instant end = now() + time; now() < end;) {
      for (Client& client : clients_) ASSERT_TRUE(client.run_once(now() + 1ms));
    }
  }

  std::uint64_t epochs() const {
    std::uint64_t most = 0;
    for (const Client& client : clients_) most = std::max(most, client.counters().epochs);
    return most;
  }

 private:
  void submit(Client& client) {
    const std::uint64_t name = next_++;
    const auto body = std::bit_cast<std::array<std::byte, 8>>(name);
    const auto done = client.submit(body, claims_.claim(name), options_of(name));
    EXPECT_TRUE(done) << done.error().message;
  }

  Claims& claims_;
  std::vector<Client> clients_;
  std::uint64_t next_ = 0;
};

TEST(Restart, EveryOutcomeIsTrueToItsNameWhenTheServerIsKilledInTheMiddle) {
  const Shared<Log> log;
  const Endpoint address = free_address();
  Claims claims{*log};
  Load load{address, claims};
  const auto serving = [&] { serve(address, *log); };
  Random random{1};
  std::optional<Child> server{std::in_place, serving};
  for (int kill = 1; kill <= kKills; ++kill) {
    load.run_until(kRequests / (kKills + 1) * static_cast<std::size_t>(kill));
    // Some die with datagrams unread, and some leave the address empty for a while.
    if (kill % 3 == 0) {
      server->signal(SIGSTOP);
      load.run_for(std::chrono::milliseconds{random.below(40)});
    }
    server->kill();
    if (kill % 2 == 0) load.run_for(std::chrono::milliseconds{random.below(200)});
    server.emplace(serving);
  }
  load.run_until(kRequests);
  // What is still on its way must run nothing either.
  load.run_for(300ms);
  server->kill();

  claims.check();
  EXPECT_EQ(log->servers, kKills + 1U);
  EXPECT_GE(load.epochs(), std::uint64_t{kKills});
  EXPECT_GT(claims.of(Outcome::kReply), kRequests / 2);
  for (const Outcome outcome :
       {Outcome::kReply, Outcome::kNotExecuted, Outcome::kExecutedReplyLost, Outcome::kUnknown}) {
    EXPECT_GT(claims.of(outcome), 0U) << "none was claimed to be " << to_string(outcome);
    RecordProperty(to_string(outcome), static_cast<int>(claims.of(outcome)));
  }
}

}  // namespace
}  // namespace volley
