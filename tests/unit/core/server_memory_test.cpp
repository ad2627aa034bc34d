#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "allocation_count.hpp"
#include "base/random.hpp"
#include "server_world.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

ServerCore::Options bounded(std::size_t memory) {
  auto options = ServerWorld::defaults();
  options.limits.memory = memory;
  options.limits.address_share = 1;
  return options;
}

/// Talks to a core without keeping anything, so that what is allocated is the core's.
class Flood {
 public:
  explicit Flood(const ServerCore::Options& options)
      : before_{allocated_bytes()}, core{options}, empty_{allocated_bytes() - before_} {}

  /// One datagram of one frame, answered at once with `reply` bytes, its answers thrown away.
  void hear(const FakeClient& client, const Frame& frame, std::size_t reply = 0) {
    write_clear_header({.from = Side::kClient,
                        .turn = client.turn,
                        .client_id = client.id,
                        .epoch = client.epoch,
                        .ticket = client.ticket,
                        .note = client.lowest},
                       octets_);
    FrameWriter writer{MutableBytes{octets_}.subspan(kHeaderSize)};
    ASSERT_TRUE(writer.write(frame));
    core.handle_datagram({.peer = client.peer,
                          .local = ServerWorld::kLocal,
                          .payload = Bytes{octets_}.first(kHeaderSize + writer.size())},
                         now);
    while (const auto execution = core.poll_request(now)) {
      core.reply(execution->id, 0, Bytes{bodies_}.first(reply), now);
    }
    while (core.poll_transmit(buffer_, now)) {
    }
    // What counts against the bound, and what is allocated: the difference is tables whose size
    // nobody but the options decides.
    const std::size_t allocated = allocated_bytes() - before_;
    const std::size_t counted = core.counters().bytes;
    ASSERT_EQ(allocated, empty_ + counted);
    most = std::max(most, counted);
  }

 private:
  static inline std::array<std::byte, 2'000> octets_{};
  static inline std::array<std::byte, kMaxPayload> bodies_{};
  static inline std::array<std::byte, kMaxPayload> buffer_{};
  std::size_t before_;

 public:
  Instant now{1h};
  ServerCore core;
  std::size_t most = 0;

 private:
  std::size_t empty_;
};

/// A client of the flooded core, by way of another of the same incarnation.
FakeClient ticketed(unsigned which = 1) {
  ServerWorld world;
  return world.client(which);
}

TEST(ServerMemory, IsBoundedUnderAFloodOfContexts) {
  Flood flood{bounded(2 * kMiB)};
  FakeClient client = ticketed();
  for (std::uint64_t id = 1; id <= 60'000; ++id) {
    client.id = ClientId{id};
    flood.hear(client, probe(1));
  }
  EXPECT_LE(flood.most, 2 * kMiB);
  EXPECT_GT(flood.most, 2 * kMiB * 95 / 100);
  EXPECT_GT(flood.core.counters().contexts, 15'000U);
  EXPECT_GT(flood.core.counters().overload, 0U);
}

TEST(ServerMemory, IsBoundedUnderAFloodOfAddresses) {
  std::vector<FakeClient> clients;
  ServerWorld world;
  for (unsigned which = 1; which <= 20'000; ++which) {
    clients.push_back(world.client(which));
    world.now += 20us;  // No stranger goes unanswered (protocol.md §6.2).
  }
  Flood flood{bounded(2 * kMiB)};
  for (const FakeClient& client : clients) flood.hear(client, probe(1));
  EXPECT_LE(flood.most, 2 * kMiB);
  EXPECT_GT(flood.core.counters().contexts, 10'000U);
}

TEST(ServerMemory, IsBoundedUnderAFloodOfNumbers) {
  Flood flood{bounded(2 * kMiB)};
  FakeClient client = ticketed();
  Random random{1};
  for (std::uint64_t step = 1; step <= 20'000; ++step) {
    client.id = ClientId{1 + random.next() % 100};
    client.lowest = static_cast<std::uint32_t>(1 + step);
    flood.hear(client, probe(static_cast<std::uint32_t>(1 + step + random.next() % kWindow)));
  }
  EXPECT_LE(flood.most, 2 * kMiB);
  EXPECT_GT(flood.most, 2 * kMiB * 8 / 10);
}

TEST(ServerMemory, IsBoundedUnderAFloodOfReplies) {
  Flood flood{bounded(8 * kMiB)};
  FakeClient client = ticketed();
  Random random{1};
  for (std::uint32_t step = 1; step <= 20'000; ++step) {
    client.id = ClientId{1 + random.next() % 100};
    const std::size_t size = random.next() % (step % 10 == 0 ? kMaxBody : 3'000);
    flood.hear(client, request(step, "a"), size);
  }
  EXPECT_LE(flood.most, 8 * kMiB);
  EXPECT_GT(flood.most, 8 * kMiB * 9 / 10);
  EXPECT_GT(flood.core.counters().unkept, 0U);
}

TEST(ServerMemory, ComesBackWhenAllIsOver) {
  Flood flood{bounded(64 * kMiB)};
  FakeClient client = ticketed();
  for (std::uint64_t id = 1; id <= 100'000; ++id) {
    client.id = ClientId{id};
    flood.hear(client, request(1, "a"), id % 100 == 0 ? 10'000 : 10);
  }
  EXPECT_GT(flood.core.counters().bytes, 20 * kMiB);
  flood.now += 249s;
  while (flood.core.next_timeout() && *flood.core.next_timeout() <= flood.now) {
    flood.core.handle_timeout(flood.now);
  }
  EXPECT_EQ(flood.core.counters().contexts, 0U);
  EXPECT_LT(flood.core.counters().bytes, 5 * kMiB);
}

TEST(ServerMemory, HoldsAMillionEmptyContextsIn128MiB) {
  auto options = ServerWorld::defaults();
  options.limits.address_share = 1;
  Flood flood{options};
  FakeClient client = ticketed();
  for (std::uint64_t id = 1; id <= 1'000'000; ++id) {
    client.id = ClientId{id};
    client.lowest = 1;
    flood.hear(client, probe(1));
    client.lowest = 2;
    flood.hear(client, ping(1));
  }
  EXPECT_EQ(flood.core.counters().contexts, 1'000'000U);
  EXPECT_LT(flood.core.counters().bytes, 100U * 1'000'000);
}

TEST(ServerMemory, IsNotAllocatedInASteadyFlow) {
  std::vector<FakeClient> clients;
  ServerWorld world;
  for (unsigned which = 1; which <= 20; ++which) clients.push_back(world.client(which));
  Flood flood{ServerWorld::defaults()};
  const auto round = [&](std::uint32_t number) {
    for (FakeClient& client : clients) {
      client.lowest = number > 50 ? number - 50 : 1;
      flood.hear(client, request(number, "a"), number * 37 % 3'000);
      flood.hear(client, request(number, "a", 2));
      flood.hear(client, idempotent(number, "a"), number * 41 % 3'000);
      flood.hear(client, probe(number, 3));
      flood.hear(client, ping(number));
    }
    flood.hear(ServerWorld::stranger(number), ping(1));
    flood.hear(ServerWorld::stranger(number), idempotent(1, "a"), 50);
    flood.now += 1ms;
    flood.core.handle_timeout(flood.now);
  };
  for (std::uint32_t number = 1; number <= 1'000; ++number) round(number);
  const std::uint64_t before = allocation_count();
  for (std::uint32_t number = 1'001; number <= 3'000; ++number) round(number);
  EXPECT_EQ(allocation_count(), before);
  EXPECT_EQ(flood.core.counters().executed, 3'000U * 41);
  EXPECT_EQ(flood.core.counters().lost, 0U);
}

}  // namespace
}  // namespace volley
