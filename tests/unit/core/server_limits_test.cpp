#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// protocol.md §6.5, §6.9: no room to run.

TEST(ServerLimits, BusyWhenAClientRunsTooMany) {
  auto options = ServerWorld::defaults();
  options.limits.running_per_client = 2;
  ServerWorld world{options};
  const FakeClient client = world.client(1);
  EXPECT_EQ(world.ask(client, {request(1, "a"), request(2, "b"), request(3, "c")}), "BUSY 3 10 ms");
  EXPECT_EQ(world.ask(world.client(2), {request(1, "d")}), "");
  EXPECT_EQ(world.counters().busy, 1U);
}

TEST(ServerLimits, BusyWhenTooManyRunInAll) {
  auto options = ServerWorld::defaults();
  options.limits.running = 3;
  options.limits.address_share = 1;
  ServerWorld world{options};
  EXPECT_EQ(world.ask(world.client(1), {request(1, "a"), request(2, "b")}), "");
  EXPECT_EQ(world.ask(world.client(2), {request(1, "c"), request(2, "d"), idempotent(3, "e")}),
            "BUSY 2 10 ms, BUSY 3 10 ms");
  world.reply("a", "");
  EXPECT_EQ(world.said(), "REPLY 1 \"\" deferred");
  EXPECT_EQ(world.ask(world.client(2), {idempotent(4, "f")}), "");
}

TEST(ServerLimits, BusyWhenAnAddressRunsMoreThanItsShare) {
  auto options = ServerWorld::defaults();
  options.limits.running = 8;
  ServerWorld world{options};
  const FakeClient client = world.client(1);
  FakeClient neighbour = client;
  neighbour.id = ClientId{7};
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "");
  EXPECT_EQ(world.ask(neighbour, {request(1, "b"), request(2, "c"), idempotent(3, "d")}),
            "BUSY 2 10 ms, BUSY 3 10 ms");
  EXPECT_EQ(world.ask(world.client(2), {request(1, "e"), idempotent(2, "f")}), "");
}

TEST(ServerLimits, AnIpv6HostHasOneShareForAllItsAddresses) {
  auto options = ServerWorld::defaults();
  options.limits.running = 8;
  ServerWorld world{options};
  unsigned refused = 0;
  for (std::uint8_t host = 1; host <= 4; ++host) {
    FakeClient client = ServerWorld::stranger(host);
    client.peer = {IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, host}),
                   5'000};
    world.hear(client, {idempotent(1, "a")});
    if (world.said() == "BUSY 1 10 ms") ++refused;
  }
  EXPECT_EQ(refused, 2U);
  FakeClient elsewhere = ServerWorld::stranger(9);
  elsewhere.peer = {IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 2}), 5'000};
  EXPECT_EQ(world.ask(elsewhere, {idempotent(1, "a")}), "");
}

TEST(ServerLimits, BusyWhenNoReplyCanBeReserved) {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{64} * 1024;
  options.limits.address_share = 1;
  ServerWorld world{options};
  const FakeClient client = world.client(1);
  // A sixteenth of 64 KiB is room for 32 replies of 128 bytes.
  for (std::uint32_t number = 1; number <= 32; ++number) {
    EXPECT_EQ(world.ask(client, {request(number, "a")}), "") << number;
  }
  EXPECT_EQ(world.ask(client, {request(33, "b")}), "BUSY 33 10 ms");
  EXPECT_EQ(world.ask(world.client(2), {request(1, "c")}), "");
}

TEST(ServerLimits, BusyWhenItsTimePassedBeforeItCouldStart) {
  ServerWorld world;
  const FakeClient client = world.client();
  Frame first = request(1, "slow");
  Frame late = request(2, "late");
  late.ttl_ms = 5;
  Frame late_too = idempotent(3, "late too");
  late_too.ttl_ms = 5;
  Frame patient = request(4, "patient");
  patient.ttl_ms = 6;
  Frame endless = request(5, "endless");
  const auto octets = ServerWorld::datagram(client, {first, late, late_too, patient, endless});
  world.core.handle_datagram({.peer = client.peer, .local = ServerWorld::kLocal, .payload = octets},
                             world.now);
  const auto slow = world.core.poll_request(world.now);
  ASSERT_TRUE(slow);
  world.now += 6ms;
  std::string started;
  while (const auto execution = world.core.poll_request(world.now)) {
    started += as_text(execution->body);
  }
  EXPECT_EQ(started, "patientendless");
  EXPECT_EQ(world.said(), "BUSY 2 10 ms, BUSY 3 10 ms");
  EXPECT_EQ(world.ask(client, {request(2, "late", 2)}), "NEVER 2 attempt 2");
}

TEST(ServerLimits, BusyWhenItIsStopping) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.core.drain();
  EXPECT_FALSE(world.core.idle());
  EXPECT_EQ(world.ask(client, {request(2, "b"), idempotent(3, "c"), request(1, "a", 2)}),
            "BUSY 2 10 ms, BUSY 3 10 ms, WORKING 1 attempt 2");
  world.reply("a", "done");
  EXPECT_FALSE(world.core.idle());
  EXPECT_EQ(world.said(), "REPLY 1 \"done\" attempt 2");
  EXPECT_TRUE(world.core.idle());
  EXPECT_EQ(world.started, 1U);
}

// No room to remember.

TEST(ServerLimits, OverloadWhenThereIsNoRoomForAnotherContext) {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{32} * 1024;
  options.limits.address_share = 1;
  ServerWorld world{options};
  unsigned remembered = 0;
  for (unsigned which = 1; which <= 1'000; ++which) {
    const std::string answer = world.ask(world.client(which), {probe(1)});
    if (answer == "NEVER 1") {
      ++remembered;
    } else {
      EXPECT_EQ(answer, "OVERLOAD 1 1000 ms");
    }
  }
  EXPECT_GT(remembered, 50U);
  EXPECT_LT(remembered, 500U);
  EXPECT_EQ(world.counters().contexts, remembered);
  EXPECT_EQ(world.counters().overload, 1'000U - remembered);
  // What is remembered stays remembered, and dies in its time.
  EXPECT_EQ(world.ask(world.client(1), {request(1, "a", 2)}), "NEVER 1 attempt 2");
  world.pass(248s);
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_EQ(world.ask(world.client(1'001), {probe(1)}), "NEVER 1");
}

TEST(ServerLimits, OverloadWhenAnAddressRemembersMoreThanItsShare) {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{256} * 1024;
  ServerWorld world{options};
  const FakeClient client = world.client(1);
  unsigned remembered = 0;
  for (std::uint64_t id = 1; id <= 2'000; ++id) {
    FakeClient another = client;
    another.id = ClientId{id};
    if (world.ask(another, {probe(1)}) == "NEVER 1") ++remembered;
  }
  // 64 bytes of context and 32 of numbers each, a quarter of 256 KiB in all.
  EXPECT_EQ(remembered, 64U * 1024 / 96);
  EXPECT_EQ(world.ask(world.client(2), {probe(1)}), "NEVER 1");
}

TEST(ServerLimits, OverloadWhenThereIsNoRoomForANumber) {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{64} * 1024;
  options.limits.address_share = 1;
  ServerWorld world{options};
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {probe(1)}), "NEVER 1");
  // 256 KiB of states.
  EXPECT_EQ(world.ask(client, {probe(kWindow), request(kWindow, "a")}),
            "OVERLOAD 65536 1000 ms, OVERLOAD 65536 1000 ms");
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "NEVER 1 attempt 2");
  // Nor is a context made for it.
  EXPECT_EQ(world.ask(world.client(2), {request(kWindow, "a")}), "OVERLOAD 65536 1000 ms");
  EXPECT_EQ(world.counters().contexts, 1U);
  EXPECT_EQ(world.started, 0U);
}

TEST(ServerLimits, AReplyWithoutRoomIsSentOnce) {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{64} * 1024;
  options.limits.address_share = 1;
  ServerWorld world{options};
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a"), request(2, "b"), idempotent(3, "c")});
  world.reply("a", std::string(10'000, 'x'));
  EXPECT_TRUE(world.core.must_transmit());
  // There is one room beyond the bound, and nobody looked after it.
  world.reply("b", std::string(10'000, 'x'));
  world.reply("c", std::string(60'000, 'x'));
  EXPECT_EQ(world.said(), "REPLY 1 10000 bytes | REPLY_GONE 2");
  EXPECT_EQ(world.counters().unkept, 2U);
  EXPECT_EQ(world.counters().lost, 1U);
  EXPECT_EQ(world.ask(client, {probe(1, 2), probe(2, 2)}),
            "REPLY_GONE 1 attempt 2, REPLY_GONE 2 attempt 2");
  world.hear(client, {idempotent(4, "d")});
  world.reply("d", std::string(60'000, 'x'));
  EXPECT_EQ(world.said(), "REPLY 4 60000 bytes");
  // Small ones are kept in what was reserved for them.
  world.hear(client, {request(5, "e")});
  world.reply("e", "small");
  EXPECT_EQ(world.said(), "REPLY 5 \"small\"");
  EXPECT_EQ(world.ask(client, {probe(5, 2)}), "REPLY 5 \"small\" attempt 2");
}

// protocol.md §6.7: what one datagram can draw.

/// Octets of the REPLY frames, and how many there are.
struct Drawn {
  std::size_t octets = 0;
  std::size_t replies = 0;
};
Drawn drawn_by(ServerWorld& world, const FakeClient& client, const std::vector<Frame>& frames) {
  Drawn drawn;
  const std::uint64_t before = world.counters().repeated;
  world.hear(client, frames);
  for (const Heard& heard : world.heard()) drawn.octets += heard.size - kHeaderSize;
  drawn.replies = world.counters().repeated - before;
  return drawn;
}

TEST(ServerLimits, OneDatagramCannotDrawAReplyThousandsOfTimes) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.reply("a", std::string(1'000, 'r'));
  world.said();
  const std::vector<Frame> probes(8'000, probe(1, 2));
  const Drawn drawn = drawn_by(world, client, probes);
  EXPECT_EQ(drawn.replies, 65U);  // Of 1,012 octets: the first sum over 65,506.
  EXPECT_LT(drawn.octets, std::size_t{128} * 1024);
  EXPECT_EQ(world.counters().held_back, 8'000U - 65);
  EXPECT_EQ(drawn_by(world, client, {probe(1, 3)}).replies, 1U);
}

TEST(ServerLimits, OneDatagramDrawsAtMostTwoOfTheLargestReplies) {
  ServerWorld world;
  const FakeClient client = world.client();
  std::vector<Frame> copies;
  for (std::uint32_t number = 1; number <= 4; ++number) {
    world.hear(client, {request(number, "a")});
    world.reply("a", std::string(number == 1 ? 1 : kMaxBody, 'r'));
    world.said();
    copies.push_back(request(number, "a", 2));
  }
  EXPECT_EQ(drawn_by(world, client, copies).replies, 3U);
  EXPECT_EQ(world.counters().held_back, 1U);
  // Whoever asks for what is left gets it: nobody waits for ever.
  copies.erase(copies.begin(), copies.begin() + 3);
  EXPECT_EQ(drawn_by(world, client, copies).replies, 1U);
  EXPECT_EQ(world.started, 4U);
}

TEST(ServerLimits, RepliesForTheFirstTimeAreNotHeldBack) {
  ServerWorld world;
  const FakeClient client = world.client();
  const std::string body(10'000, 'r');
  std::vector<Frame> frames;
  for (std::uint32_t number = 1; number <= 20; ++number) frames.push_back(request(number, "a"));
  world.hear(client, frames);
  for (std::uint32_t number = 1; number <= 20; ++number) world.reply("a", body);
  world.said();
  EXPECT_EQ(world.counters().replied, 20U);
  EXPECT_EQ(world.counters().held_back, 0U);
}

}  // namespace
}  // namespace volley
