#include "os/steering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <volley/batch.hpp>
#include <volley/client_core.hpp>
#include <volley/clock.hpp>
#include <volley/server.hpp>
#include <volley/udp_socket.hpp>

#include "os/entropy.hpp"
#include "runtime/server_worker.hpp"
#include "runtime/worker_sockets.hpp"
#include "unit/runtime/loopback.hpp"

// protocol.md §2.2 and §6.11: which worker runs what, whatever the kernel thinks.

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kWorkers = 3;

/// The workers of one incarnation, each of which can be ended by itself; every execution counted.
class Group {
 public:
  explicit Group(bool steered) {
    auto sockets = open_worker_sockets(kLoopback, {.workers = kWorkers});
    EXPECT_TRUE(sockets) << sockets.error().message;
    address_ = *sockets->front().local();
    if (steered) {
      EXPECT_TRUE(os::steer_group(sockets->front(), kWorkers));
    }
    ServerCore::Options core;
    core.workers = kWorkers;
    core.incarnation.epoch = os::random_u64() | 1U;
    core.incarnation.birth = now();
    os::fill_random(core.incarnation.secret);
    for (core.worker = 0; core.worker < kWorkers; ++core.worker) {
      members_.push_back(std::make_unique<Member>(std::move((*sockets)[core.worker]), core));
      start(core.worker);
    }
  }
  ~Group() {
    for (unsigned which = 0; which < kWorkers; ++which) end(which);
  }

  const Endpoint& address() const { return address_; }

  /// Ends one and closes its socket: the kernel moves the last of the group to its place.
  void end(unsigned which) {
    if (!members_[which]) return;
    Member& member = *members_[which];
    member.ending.stop = true;
    member.worker.wake();
    member.thread.join();
    misrouted_ += member.worker.counters().dropped_misrouted;
    members_[which].reset();
  }

  std::uint64_t misrouted() const {
    std::uint64_t total = misrouted_;
    for (const auto& member : members_) {
      if (member) total += member->worker.counters().dropped_misrouted;
    }
    return total;
  }

  /// The workers that executed this, one for each time.
  std::vector<unsigned> runs_of(const std::string& body) {
    const std::lock_guard lock{mutex_};
    return runs_[body];
  }

 private:
  struct Member {
    Member(UdpSocket socket, const ServerCore::Options& core)
        : worker{std::move(socket), core, {}, *os::Wake::create()} {}
    ServerWorker worker;
    ServerEnding ending;
    std::jthread thread;
  };

  void start(unsigned which) {
    Member& member = *members_[which];
    member.thread = std::jthread{[this, which, &member] {
      const auto done = member.worker.run(
          [this, which](const Execution& request, Reply& reply) {
            {
              const std::lock_guard lock{mutex_};
              runs_[std::string{as_text(request.body)}].push_back(which);
            }
            reply.send(request.body);
          },
          member.ending);
      EXPECT_TRUE(done) << done.error().message;
    }};
  }

  Endpoint address_;
  std::vector<std::unique_ptr<Member>> members_;
  std::uint64_t misrouted_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::vector<unsigned>> runs_;
};

/// A client that can change its port in the middle of a conversation.
class Hopper {
 public:
  explicit Hopper(const Endpoint& server)
      : server_{server}, core_{{.server = server, .draw_secret = os::random_u64}} {
    hop();
  }

  /// Goes on from another port.
  void hop() {
    auto socket = UdpSocket::open_connected(server_);
    ASSERT_TRUE(socket);
    socket_.emplace(std::move(*socket));
  }

  Outcome ask(const std::string& body, Duration timeout) {
    EXPECT_TRUE(core_.request(as_bytes(body), {.timeout = timeout}, now()));
    while (true) {
      send();
      EXPECT_TRUE(socket_->wait(*core_.next_timeout()));
      if (const auto got = socket_->receive(in_); !got) continue;
      const Instant time = now();
      for (const Datagram& datagram : in_.datagrams()) core_.handle_datagram(datagram, time);
      core_.handle_timeout(time);
      while (const auto event = core_.poll_event()) {
        if (event->answer) return event->answer->outcome;
      }
    }
  }

  /// The worker that it belongs to: known once it has sent something.
  unsigned worker() const { return steering_ % kWorkers; }

 private:
  void send() {
    while (auto transmit = core_.poll_transmit(out_.space(), now())) {
      const MutableBytes datagram = out_.space();
      const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(datagram[at]); };
      steering_ = octet(4) << 8U | octet(5);
      transmit->peer = {};
      out_.commit(*transmit);
    }
    [[maybe_unused]] const auto sent = socket_->send(out_);
  }

  Endpoint server_;
  ClientCore core_;
  std::optional<UdpSocket> socket_;
  ReceiveBatch in_{{.slots = 4}};
  SendBatch out_;
  unsigned steering_ = 0;
};

TEST(Steering, AClientThatChangesItsPortStaysWithItsWorker) {
  Group group{true};
  std::array<int, kWorkers> clients{};
  for (int which = 0; which < 12; ++which) {
    Hopper client{group.address()};
    for (int port = 0; port < 8; ++port) {
      const std::string body = std::to_string(which) + "/" + std::to_string(port);
      EXPECT_EQ(client.ask(body, 30s), Outcome::kReply);
      EXPECT_EQ(group.runs_of(body), std::vector{client.worker()}) << body;
      client.hop();
    }
    ++clients[client.worker()];
  }
  EXPECT_EQ(group.misrouted(), 0U);
  for (const int of_one : clients) EXPECT_LT(of_one, 12) << "the clients are divided";
}

TEST(Steering, WhatTheKernelMisroutesIsDroppedAndCounted) {
  // Without the program the kernel goes by a hash of the ports: two of three are strangers.
  Group group{false};
  int answered = 0;
  for (int which = 0; which < 12; ++which) {
    Hopper client{group.address()};
    for (int port = 0; port < 4; ++port) {
      const std::string body = std::to_string(which) + "/" + std::to_string(port);
      const Outcome outcome = client.ask(body, 60ms);
      const auto runs = group.runs_of(body);
      if (outcome == Outcome::kReply) {
        ++answered;
        EXPECT_EQ(runs, std::vector{client.worker()}) << body;
      } else if (outcome == Outcome::kNotExecuted) {
        EXPECT_TRUE(runs.empty()) << body;
      } else {
        EXPECT_LE(runs.size(), 1U) << body;
      }
      client.hop();
    }
  }
  EXPECT_TRUE(soon([&] { return group.misrouted() > 0; }));
  EXPECT_GT(answered, 0) << "one in three ports is the right one";
}

TEST(Steering, AWorkerThatEndsTakesNoPromiseWithIt) {
  Group group{true};
  std::vector<std::unique_ptr<Hopper>> clients;
  std::array<int, kWorkers> of{};
  while (std::ranges::min(of) < 3) {
    clients.push_back(std::make_unique<Hopper>(group.address()));
    EXPECT_EQ(clients.back()->ask("hello " + std::to_string(clients.size()), 30s), Outcome::kReply);
    ++of[clients.back()->worker()];
  }
  // The group's last socket takes the first one's place: what was the first worker's now comes to
  // the last, and what was the last's to anybody.
  group.end(0);
  int number = 0;
  for (int round = 0; round < 2; ++round) {
    for (const auto& client : clients) {
      const std::string body = "after " + std::to_string(number++);
      const Outcome outcome = client->ask(body, 100ms);
      const auto runs = group.runs_of(body);
      ASSERT_LE(runs.size(), 1U) << body;
      for (const unsigned worker : runs) EXPECT_EQ(worker, client->worker()) << body;
      EXPECT_EQ(outcome == Outcome::kReply, runs.size() == 1) << body;
      EXPECT_FALSE(client->worker() == 0 && outcome == Outcome::kReply) << "it has ended";
      EXPECT_FALSE(client->worker() == 1 && outcome != Outcome::kReply) << "it stayed in place";
      client->hop();
    }
  }
  EXPECT_TRUE(soon([&] { return group.misrouted() > 0; }));
}

TEST(Steering, ASocketThatJoinsTheGroupChangesNothing) {
  Group group{true};
  auto intruder = UdpSocket::bind(group.address(), {.reuse_port = true});
  ASSERT_TRUE(intruder) << intruder.error().message;
  for (int which = 0; which < 12; ++which) {
    Hopper client{group.address()};
    const std::string body = std::to_string(which);
    EXPECT_EQ(client.ask(body, 30s), Outcome::kReply);
    EXPECT_EQ(group.runs_of(body), std::vector{client.worker()});
    if (which == 6) intruder = UdpSocket::bind(kLoopback);
  }
  EXPECT_EQ(group.misrouted(), 0U);
}

TEST(Steering, AnotherNumberOfWorkersIsAnotherIncarnation) {
  std::mutex mutex;
  std::map<std::string, int> runs;
  const auto count = [&](const Execution& request, Reply& reply) {
    const std::lock_guard lock{mutex};
    ++runs[std::string{as_text(request.body)}];
    reply.send(request.body);
  };
  std::optional<Endpoint> address;
  std::deque<Hopper> clients;
  int number = 0;
  for (const unsigned workers : {4U, 2U, 1U, 3U}) {
    auto server = Server::bind(address.value_or(kLoopback), count, {.workers = workers});
    ASSERT_TRUE(server) << server.error().message;
    address = server->local();
    const std::jthread thread{[&] { EXPECT_TRUE(server->run()); }};
    while (clients.size() < 8) clients.emplace_back(*address);
    for (Hopper& client : clients) {
      // A server that began a moment ago cannot prove that the one before it did not run it.
      EXPECT_TRUE(soon([&] {
        const std::string body = std::to_string(number++);
        const Outcome outcome = client.ask(body, 30s);
        const std::lock_guard lock{mutex};
        EXPECT_EQ(runs[body], outcome == Outcome::kReply ? 1 : 0) << body;
        return outcome == Outcome::kReply;
      }));
    }
    server->stop();
  }
}

}  // namespace
}  // namespace volley
