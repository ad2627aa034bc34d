#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// protocol.md §6.8: 247 s. A context may live longer by a second and a bit, never shorter.
constexpr Duration kLonger = 1'100ms;

TEST(ServerLife, OfAContextIs247SecondsFromItsLastDatagram) {
  ServerWorld world;
  FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {probe(1)}), "NEVER 1");
  world.pass(100s);
  client.ticket = world.client().ticket;
  EXPECT_EQ(world.ask(client, {}), "bare");
  EXPECT_EQ(world.core.next_timeout(), world.now + 247s);
  world.pass(247s - 1ns);
  EXPECT_EQ(world.counters().contexts, 1U);
  world.pass(kLonger);
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_EQ(world.core.next_timeout(), std::nullopt);
}

TEST(ServerLife, IsKeptUpByRightTicketsOnly) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {probe(1)}), "NEVER 1");
  world.pass(200s);
  // Its ticket is long over.
  EXPECT_EQ(world.ask(client, {probe(1, 2)}), "bare");
  world.pass(47s + kLonger);
  EXPECT_EQ(world.counters().contexts, 0U);
}

TEST(ServerLife, DoesNotEndWithAHandlerRunning) {
  ServerWorld world;
  FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.pass(10'000s);
  EXPECT_EQ(world.counters().contexts, 1U);
  EXPECT_EQ(world.said(), "WORKING 1 deferred");
  world.reply("a", "done");
  EXPECT_EQ(world.said(), "REPLY 1 \"done\" deferred");
  // 247 s from the end of the handler.
  world.pass(247s - 1ns);
  EXPECT_EQ(world.counters().contexts, 1U);
  client.ticket = world.client().ticket;
  world.pass(kLonger);
  EXPECT_EQ(world.counters().contexts, 0U);
}

TEST(ServerLife, CountsHandlersBelowTheBaseToo) {
  ServerWorld world;
  FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  client.lowest = 2;
  EXPECT_EQ(world.ask(client, {}), "bare");
  world.pass(1'000s);
  EXPECT_EQ(world.counters().contexts, 1U);
  world.reply("a", "nobody wants it");
  world.said();
  world.pass(247s + kLonger);
  EXPECT_EQ(world.counters().contexts, 0U);
}

TEST(ServerLife, EndsInTheOrderOfTheLastSigns) {
  ServerWorld world;
  std::vector<FakeClient> clients;
  for (unsigned which = 1; which <= 10; ++which) {
    clients.push_back(world.client(which));
    EXPECT_EQ(world.ask(clients.back(), {probe(1)}), "NEVER 1");
    world.pass(4s);
  }
  // The first comes back.
  EXPECT_EQ(world.ask(clients[0], {}), "bare");
  world.pass(207s + kLonger);  // The second: 8 s + 247 s after the beginning, less what passed.
  EXPECT_EQ(world.counters().contexts, 10U);
  world.pass(4s);
  EXPECT_EQ(world.counters().contexts, 9U);
  for (std::size_t left = 8; left >= 1; --left) {
    world.pass(4s);
    EXPECT_EQ(world.counters().contexts, left);
  }
  world.pass(4s);
  EXPECT_EQ(world.counters().contexts, 0U);
}

TEST(ServerLife, OfManyEndsInBoundedSteps) {
  ServerWorld world;
  const FakeClient client = world.client();
  for (std::uint64_t id = 1; id <= 5'000; ++id) {
    FakeClient another = client;
    another.id = ClientId{id};
    world.ask(another, {probe(1)});
  }
  EXPECT_EQ(world.counters().contexts, 5'000U);
  const std::size_t most = world.counters().bytes;
  world.now += 248s;
  world.core.handle_timeout(world.now);
  EXPECT_GT(world.counters().contexts, 4'000U);
  EXPECT_LE(*world.core.next_timeout(), world.now);
  world.pass(0s);
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_LT(world.counters().bytes, most);
}

TEST(ServerLife, EndsWithoutHarmToWhatWasFinished) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
  world.pass(247s + kLonger);
  client.ticket = world.client().ticket;
  // A new context, by the L of the datagram that makes it: what was finished stays so.
  client.lowest = 2;
  EXPECT_EQ(world.ask(client, {request(1, "a", 9), request(2, "b")}), "REPLY 2 \"b\"");
  EXPECT_EQ(world.started, 2U);
}

}  // namespace
}  // namespace volley
