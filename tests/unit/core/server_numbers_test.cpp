#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// protocol.md §6.4, row by row: what a REQUEST and a PROBE get in each state of their number.

TEST(ServerNumbers, NewByRequestRunsOnce) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "");
  ASSERT_EQ(world.running.size(), 1U);
  EXPECT_EQ(world.running[0].body, "a");
  EXPECT_EQ(world.running[0].execution.peer, client.peer);
  EXPECT_EQ(world.running[0].execution.local, ServerWorld::kLocal);
  EXPECT_FALSE(world.running[0].execution.idempotent);
  EXPECT_EQ(world.counters().executed, 1U);
  EXPECT_EQ(world.counters().running, 1U);
}

TEST(ServerNumbers, NewByProbeNeverRuns) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {probe(1)}), "NEVER 1");
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "NEVER 1 attempt 2");
  EXPECT_EQ(world.ask(client, {probe(1, 3)}), "NEVER 1 attempt 3");
  EXPECT_EQ(world.started, 0U);
}

TEST(ServerNumbers, RunningIsWorking) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "WORKING 1 attempt 2");
  EXPECT_EQ(world.ask(client, {probe(1, 3)}), "WORKING 1 attempt 3");
  EXPECT_EQ(world.started, 1U);
}

TEST(ServerNumbers, DoneIsTheKeptReply) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.reply("a", "done", 7);
  EXPECT_EQ(world.said(), "REPLY 1 \"done\" status 7");
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "REPLY 1 \"done\" status 7 attempt 2");
  EXPECT_EQ(world.ask(client, {probe(1, 3)}), "REPLY 1 \"done\" status 7 attempt 3");
  EXPECT_EQ(world.ask(client, {request(1, "a", 4), probe(1, 5)}),
            "REPLY 1 \"done\" status 7 attempt 4, REPLY 1 \"done\" status 7 attempt 5");
  EXPECT_EQ(world.started, 1U);
  EXPECT_EQ(world.counters().replied, 5U);
  EXPECT_EQ(world.counters().repeated, 4U);
}

TEST(ServerNumbers, DoneWithoutAReplyIsReplyGone) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.abandon("a");
  EXPECT_EQ(world.said(), "REPLY_GONE 1");
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "REPLY_GONE 1 attempt 2");
  EXPECT_EQ(world.ask(client, {probe(1, 3)}), "REPLY_GONE 1 attempt 3");
  EXPECT_EQ(world.started, 1U);
  EXPECT_EQ(world.counters().abandoned, 1U);
}

TEST(ServerNumbers, AReplyOverTheLongestIsAsNone) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a"), request(2, "b")});
  world.reply("a", std::string(kMaxBody + 1, 'x'));
  EXPECT_EQ(world.said(), "REPLY_GONE 1");
  world.reply("b", std::string(kMaxBody, 'x'));
  EXPECT_EQ(world.said(), "REPLY 2 65459 bytes");
}

TEST(ServerNumbers, RefusedStaysRefused) {
  auto options = ServerWorld::defaults();
  options.limits.running_per_client = 1;
  ServerWorld world{options};
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {request(1, "a"), request(2, "b")}), "BUSY 2 10 ms");
  world.reply("a", "done");
  EXPECT_EQ(world.said(), "REPLY 1 \"done\"");
  EXPECT_EQ(world.ask(client, {request(2, "b", 2)}), "NEVER 2 attempt 2");
  EXPECT_EQ(world.ask(client, {probe(2, 3)}), "NEVER 2 attempt 3");
  // There would be room again.
  EXPECT_EQ(world.ask(client, {request(3, "c")}), "");
  EXPECT_EQ(world.started, 2U);
}

TEST(ServerNumbers, SeveralOfOneDatagramActInTheirOrder) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {request(1, "a"), probe(1, 2), probe(2), request(2, "b", 2)}),
            "WORKING 1 attempt 2, NEVER 2, NEVER 2 attempt 2");
  EXPECT_EQ(world.started, 1U);
}

TEST(ServerNumbers, BelowTheBaseAndBeyondTheWindowAreDropped) {
  ServerWorld world;
  FakeClient client = world.client();
  client.lowest = 10;
  EXPECT_EQ(world.ask(client, {probe(10)}), "NEVER 10");
  EXPECT_EQ(world.ask(client, {request(9, "a"), probe(9)}), "");
  EXPECT_EQ(world.counters().below_base, 2U);
  EXPECT_EQ(world.ask(client, {probe(10 + kWindow), request(10 + kWindow, "a")}), "");
  EXPECT_EQ(world.counters().beyond_window, 2U);
  EXPECT_EQ(world.ask(client, {probe(10 + kWindow - 1)}), "NEVER 65545");
  EXPECT_EQ(world.started, 0U);
}

TEST(ServerNumbers, WhatIsDroppedMakesNoContext) {
  ServerWorld world;
  FakeClient client = world.client();
  client.lowest = 10;
  EXPECT_EQ(world.ask(client, {request(9, "a"), probe(10 + kWindow)}), "");
  EXPECT_EQ(world.counters().below_base, 1U);
  EXPECT_EQ(world.counters().beyond_window, 1U);
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_EQ(world.ask(client, {}), "bare");
  EXPECT_EQ(world.ask(client, {ping(1)}), "PONG 1 0");
  EXPECT_EQ(world.counters().contexts, 0U);
}

TEST(ServerNumbers, TheHighestNumberWorksAndLMayPassIt) {
  ServerWorld world;
  FakeClient client = world.client();
  const auto last = std::to_underlying(kLastSequence);
  client.lowest = last;
  world.echo = true;
  EXPECT_EQ(world.ask(client, {request(last, "a")}), "REPLY 2147483647 \"a\"");
  client.lowest = last + 1;
  EXPECT_EQ(world.ask(client, {request(last, "a", 2)}), "");
  EXPECT_EQ(world.counters().below_base, 1U);
  EXPECT_EQ(world.started, 1U);
}

// protocol.md §3.2, §6.1: the base.

TEST(ServerBase, RisesByLAndFreesWhatWasKept) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  for (std::uint32_t number = 1; number <= 100; ++number) {
    world.ask(client, {request(number, "a")});
  }
  const std::size_t bytes = world.counters().bytes;
  client.lowest = 51;
  EXPECT_EQ(world.ask(client, {}), "bare");
  EXPECT_EQ(world.ask(client, {request(50, "a", 2), request(51, "a", 2)}),
            "REPLY 51 \"a\" attempt 2");
  // L never decreases, but datagrams overtake each other.
  client.lowest = 1;
  EXPECT_EQ(world.ask(client, {request(50, "a", 3)}), "");
  EXPECT_EQ(world.started, 100U);
  EXPECT_LE(world.counters().bytes, bytes);
}

TEST(ServerBase, MayRiseOverNumbersNeverSeen) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  world.ask(client, {request(1, "a")});
  client.lowest = 1'000'000;
  EXPECT_EQ(world.ask(client, {request(1'000'000, "b")}), "REPLY 1000000 \"b\"");
  EXPECT_EQ(world.ask(client, {request(999'999, "c")}), "");
  EXPECT_EQ(world.counters().below_base, 1U);
}

TEST(ServerBase, OfANewContextIsTheLThatMadeIt) {
  ServerWorld world;
  FakeClient client = world.client();
  client.lowest = 5;
  EXPECT_EQ(world.ask(client, {probe(7)}), "NEVER 7");
  client.lowest = 1;
  EXPECT_EQ(world.ask(client, {request(4, "a")}), "");
  EXPECT_EQ(world.ask(client, {request(5, "b")}), "");
  ASSERT_EQ(world.running.size(), 1U);
  EXPECT_EQ(world.running[0].body, "b");
}

TEST(ServerBase, LetsWhatRunsBelowItEndInSilence) {
  ServerWorld world;
  FakeClient client = world.client();
  world.hear(client, {request(1, "old"), request(2, "gone")});
  client.lowest = 3;
  EXPECT_EQ(world.ask(client, {}), "bare");
  EXPECT_EQ(world.counters().running, 2U);
  world.reply("old", "late");
  world.abandon("gone");
  EXPECT_EQ(world.said(), "");
  EXPECT_EQ(world.counters().running, 0U);
  EXPECT_EQ(world.ask(client, {request(1, "old", 2)}), "");
  EXPECT_EQ(world.started, 2U);
}

TEST(ServerBase, MatchesTheEndOfAHandlerByItsNumberNotByItsPlace) {
  ServerWorld world;
  FakeClient client = world.client();
  world.hear(client, {request(1, "old")});
  // Numbers a power of two apart share a place, whatever the size of the table.
  for (const std::uint32_t number : {9U, 17U, 33U, 65U, 129U, 257U}) {
    client.lowest = number - 1;
    world.hear(client, {request(number, std::to_string(number))});
  }
  world.reply("old", "wrong");
  EXPECT_EQ(world.said(), "");
  EXPECT_EQ(world.ask(client, {probe(257, 2)}), "WORKING 257 attempt 2");
  world.reply("257", "right");
  EXPECT_EQ(world.said(), "REPLY 257 \"right\" attempt 2");
  world.reply("129", "wrong");
  EXPECT_EQ(world.ask(client, {probe(257, 3)}), "REPLY 257 \"right\" attempt 3");
}

TEST(ServerBase, HoldsAWholeWindow) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  client.lowest = 1'000;
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number = 1'000; number < 1'000 + kWindow; number += 97) {
    numbers.push_back(number);
  }
  for (const std::uint32_t number : numbers) {
    EXPECT_EQ(world.ask(client, {request(number, std::to_string(number))}),
              "REPLY " + std::to_string(number) + " \"" + std::to_string(number) + "\"");
  }
  for (const std::uint32_t number : numbers) {
    EXPECT_EQ(world.ask(client, {probe(number)}),
              "REPLY " + std::to_string(number) + " \"" + std::to_string(number) + "\"");
    EXPECT_EQ(world.ask(client, {probe(number + 1)}), "NEVER " + std::to_string(number + 1));
  }
}

TEST(ServerContexts, AreFoundByClientIdAloneNeverByAddress) {
  ServerWorld world;
  world.echo = true;
  const FakeClient client = world.client(1);
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
  FakeClient moved = world.client(2);
  moved.id = client.id;
  world.hear(moved, {request(1, "a", 2)});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].frames, "REPLY 1 \"a\" attempt 2");
  EXPECT_EQ(answers[0].peer, moved.peer);
  FakeClient other = client;
  other.id = ClientId{1};
  EXPECT_EQ(world.ask(other, {request(1, "b")}), "REPLY 1 \"b\"");
  EXPECT_EQ(world.counters().contexts, 2U);
  EXPECT_EQ(world.started, 2U);
}

}  // namespace
}  // namespace volley
