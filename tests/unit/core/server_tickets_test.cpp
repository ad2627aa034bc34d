#include "core/server_tickets.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

Instant after(Duration time) {
  return ServerWorld::defaults().incarnation.birth + time;
}

TEST(ServerTickets, AreAcceptedForAMinuteAtLeastAndTwoAtMost) {
  const Endpoint peer = ServerWorld::stranger().peer;
  for (const Duration written : {0s, 1s, 30s, 59s, 60s, 119s, 3'600s}) {
    ServerTickets tickets{ServerWorld::defaults().incarnation};
    KnownTicket known;
    const Ticket ticket = tickets.issue(known, peer, after(written));
    for (Duration age = 0s; age <= 130s; age += 500ms) {
      // What was computed before must make no difference.
      KnownTicket fresh;
      const bool accepted = tickets.accepts(ticket, fresh, peer, after(written + age));
      EXPECT_EQ(tickets.accepts(ticket, known, peer, after(written + age)), accepted);
      EXPECT_TRUE(accepted || age > 60s) << written.count() << " " << age.count();
      EXPECT_FALSE(accepted && age >= 120s) << written.count() << " " << age.count();
    }
  }
}

TEST(ServerTickets, AreOfOneAddressPortAndIncarnation) {
  const Endpoint peer = ServerWorld::stranger().peer;
  auto incarnation = ServerWorld::defaults().incarnation;
  ServerTickets tickets{incarnation};
  incarnation.secret[0] = std::byte{1};
  ServerTickets others{incarnation};
  KnownTicket known;
  const Ticket ticket = tickets.issue(known, peer, after(1s));
  for (const Endpoint& other : {Endpoint{peer.address(), 5'001}, ServerWorld::stranger(2).peer}) {
    KnownTicket fresh;
    EXPECT_FALSE(tickets.accepts(ticket, fresh, other, after(1s)));
  }
  KnownTicket fresh;
  EXPECT_FALSE(others.accepts(ticket, fresh, peer, after(1s)));
  EXPECT_FALSE(tickets.accepts(Ticket{}, known, peer, after(1s)));
  EXPECT_FALSE(tickets.accepts(Ticket{1}, known, peer, after(1s)));
}

TEST(ServerTickets, LetACopyActWithAnOldOneAndGiveOutANewOne) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.echo = true;
  world.now += 60s;
  world.hear(client, {request(1, "a")});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].frames, "REPLY 1 \"a\"");
  EXPECT_NE(answers[0].header.ticket, client.ticket);
  world.now += 60s;
  EXPECT_EQ(world.ask(client, {request(2, "b")}), "bare");
  FakeClient refreshed = client;
  refreshed.ticket = answers[0].header.ticket;
  EXPECT_EQ(world.ask(refreshed, {request(2, "b")}), "REPLY 2 \"b\"");
  EXPECT_EQ(world.started, 2U);
}

TEST(ServerTickets, OfAnotherAddressOrEpochBuyABareHeader) {
  ServerWorld world;
  const FakeClient client = world.client();
  FakeClient moved = client;
  moved.peer = ServerWorld::stranger(2).peer;
  FakeClient older = client;
  older.epoch = Epoch{1};
  for (const FakeClient& wrong : {moved, older, ServerWorld::stranger()}) {
    EXPECT_EQ(world.ask(wrong, {request(1, "a")}), "bare");
    EXPECT_EQ(world.ask(wrong, {probe(1)}), "bare");
    EXPECT_EQ(world.ask(wrong, {ping(1, 900)}), "bare");
    EXPECT_EQ(world.ask(wrong, {idempotent(1, "a"), idempotent(2, "b")}), "bare");
    EXPECT_EQ(world.ask(wrong, {idempotent(1, "a"), ping(1)}), "bare");
  }
  EXPECT_EQ(world.started, 0U);
  EXPECT_EQ(world.counters().contexts, 0U);
}

}  // namespace
}  // namespace volley
