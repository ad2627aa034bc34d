#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// protocol.md §6.6.

TEST(ServerIdempotent, RunsEveryCopyAndKeepsNothing) {
  ServerWorld world;
  world.echo = true;
  const FakeClient client = world.client();
  const std::size_t bytes = world.counters().bytes;
  EXPECT_EQ(world.ask(client, {idempotent(1, "a")}), "REPLY 1 \"a\"");
  EXPECT_EQ(world.ask(client, {idempotent(1, "a", 2)}), "REPLY 1 \"a\" attempt 2");
  EXPECT_EQ(world.started, 2U);
  EXPECT_EQ(world.counters().contexts, 0U);
  // A chunk for the address and one for what passes through.
  EXPECT_LE(world.counters().bytes, bytes + std::size_t{64} * 1024);
}

TEST(ServerIdempotent, IsNotLookedUpAndHasNoWindow) {
  ServerWorld world;
  world.echo = true;
  FakeClient client = world.client();
  client.lowest = 100;
  EXPECT_EQ(world.ask(client, {request(100, "a")}), "REPLY 100 \"a\"");
  EXPECT_EQ(world.ask(client, {idempotent(1, "b"), idempotent(1'000'000, "c"), idempotent(100, "d"),
                               request(100, "a", 2)}),
            "REPLY 1 \"b\", REPLY 1000000 \"c\", REPLY 100 \"d\", REPLY 100 \"a\" attempt 2");
  EXPECT_EQ(world.counters().contexts, 1U);
}

TEST(ServerIdempotent, IsWorkingAfterTwoMillisecondsAndMayLackAReply) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {idempotent(1, "a")});
  world.pass(2ms);
  EXPECT_EQ(world.said(), "WORKING 1 deferred");
  world.abandon("a");
  EXPECT_EQ(world.said(), "REPLY_GONE 1");
}

// protocol.md §6.3: without the right epoch and ticket.

TEST(ServerException, AnswersWithOneDatagram) {
  ServerWorld world;
  world.echo = true;
  const FakeClient stranger = ServerWorld::stranger();
  EXPECT_EQ(world.ask(stranger, {idempotent(1, "time")}), "REPLY 1 \"time\"");
  EXPECT_EQ(world.ask(stranger, {idempotent(1, "time", 2)}, 50), "REPLY 1 \"time\" attempt 2");
  FakeClient older = world.client();
  older.epoch = Epoch{1};
  EXPECT_EQ(world.ask(older, {idempotent(2, "time")}), "REPLY 2 \"time\"");
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_EQ(world.started, 3U);
}

TEST(ServerException, NeedsTheRequestToBeAloneAndIdempotent) {
  ServerWorld world;
  const FakeClient stranger = ServerWorld::stranger();
  EXPECT_EQ(world.ask(stranger, {request(1, "a")}), "bare");
  EXPECT_EQ(world.ask(stranger, {idempotent(1, "a"), idempotent(2, "b")}), "bare");
  EXPECT_EQ(world.ask(stranger, {idempotent(1, "a"), probe(2)}), "bare");
  auto octets = ServerWorld::datagram(stranger, {idempotent(1, "a")});
  octets.push_back(std::byte{99});
  world.hear(stranger.peer, octets);
  EXPECT_EQ(world.said(), "bare");
  EXPECT_EQ(world.started, 0U);
}

TEST(ServerException, NeverSaysMoreThanThreeTimesWhatItHeard) {
  ServerWorld world;
  FakeClient stranger = ServerWorld::stranger();
  stranger.turn = 9;
  // 49 octets ask: 147 may answer, 103 of them a body.
  for (const std::size_t size : {102U, 103U, 104U, 5'000U}) {
    const auto octets = ServerWorld::datagram(stranger, {idempotent(1, "12345")});
    ASSERT_EQ(octets.size(), 49U);
    world.hear(stranger.peer, octets);
    world.reply("12345", std::string(size, 'x'));
    const auto answers = world.heard();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_LE(answers[0].size, 3 * octets.size());
    EXPECT_EQ(answers[0].frames,
              size <= 103 ? std::to_string(size).insert(0, "REPLY 1 ") + " bytes" : "bare");
    EXPECT_EQ(answers[0].header.turn, size <= 103 ? 0 : 9);
  }
  // PAD buys a longer one.
  world.hear(stranger, {idempotent(1, "12345")}, 1'000);
  world.reply("12345", std::string(3'000, 'x'));
  EXPECT_EQ(world.said(), "REPLY 1 3000 bytes");
}

TEST(ServerException, SaysNothingElseAndNothingTwice) {
  ServerWorld world;
  const FakeClient stranger = ServerWorld::stranger();
  world.hear(stranger, {idempotent(1, "a", 2)}, 1'000);
  world.pass(10ms);
  EXPECT_EQ(world.said(), "");
  // To a later attempt, over 1,200, and still without WORKING.
  world.reply("a", std::string(2'000, 'x'));
  EXPECT_EQ(world.said(), "REPLY 1 2000 bytes attempt 2 deferred");
  world.hear(stranger, {idempotent(2, "b")});
  world.abandon("b");
  EXPECT_EQ(world.said(), "REPLY_GONE 2");
  world.core.drain();
  EXPECT_EQ(world.ask(stranger, {idempotent(3, "c")}), "BUSY 3 10 ms");
}

TEST(ServerException, HasDatagramsOfItsOwn) {
  ServerWorld world;
  world.echo = true;
  const FakeClient client = world.client();
  FakeClient without = client;
  without.ticket = Ticket{};
  world.hear(client, {request(1, "a")});
  world.hear(without, {idempotent(2, "b")});
  world.hear(client, {request(3, "c")});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].frames, "REPLY 2 \"b\"");
  EXPECT_EQ(answers[1].run, 1U);
  EXPECT_EQ(answers[1].size, 32U + 13U);
}

}  // namespace
}  // namespace volley
