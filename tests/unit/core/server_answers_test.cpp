#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(ServerAnswers, SayWorkingOnceAfterTwoMilliseconds) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  EXPECT_EQ(world.core.next_timeout(), world.now + 2ms);
  world.pass(1'999us);
  EXPECT_EQ(world.said(), "");
  world.pass(1us);
  EXPECT_EQ(world.said(), "WORKING 1 deferred");
  world.pass(10s);
  EXPECT_EQ(world.said(), "");
  world.reply("a", "done");
  EXPECT_EQ(world.said(), "REPLY 1 \"done\" deferred");
  EXPECT_EQ(world.counters().working, 1U);
}

TEST(ServerAnswers, SayNothingOfHandlersThatEndInTime) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a"), request(2, "b"), request(3, "c")});
  world.now += 1ms;
  world.hear(client, {request(4, "d")});
  world.reply("b", "done");
  EXPECT_EQ(world.said(), "REPLY 2 \"done\" deferred");
  world.pass(1ms);
  EXPECT_EQ(world.said(), "WORKING 1 deferred, WORKING 3 deferred");
  world.pass(1ms);
  EXPECT_EQ(world.said(), "WORKING 4 deferred");
}

TEST(ServerAnswers, AreDeferredUnlessTheDatagramIsAtHand) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a"), request(2, "b"), request(3, "c")});
  world.reply("a", "at once");
  EXPECT_EQ(world.said(), "REPLY 1 \"at once\"");
  // Two milliseconds in a handler are no measure of the path.
  world.now += 2ms;
  world.reply("b", "slow");
  EXPECT_EQ(world.said(), "REPLY 2 \"slow\" deferred");
  world.hear(client, {});
  world.said();
  world.reply("c", "later");
  EXPECT_EQ(world.said(), "REPLY 3 \"later\" deferred");
  world.hear(client, {request(4, "d")});
  EXPECT_EQ(world.ask(client, {probe(4, 2)}), "WORKING 4 attempt 2");
  world.reply("d", "for the copy");
  EXPECT_EQ(world.said(), "REPLY 4 \"for the copy\" attempt 2");
}

TEST(ServerAnswers, GoWhereTheLatestCopyCameFrom) {
  ServerWorld world;
  const FakeClient client = world.client(1);
  FakeClient moved = world.client(2);
  moved.id = client.id;
  world.hear(client, {request(1, "a")});
  world.hear(moved, {probe(1, 3)});
  // This one was overtaken.
  world.hear(client, {request(1, "a", 2)});
  EXPECT_EQ(world.said(), "WORKING 1 attempt 3 | WORKING 1 attempt 2");
  world.reply("a", "done");
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].peer, moved.peer);
  EXPECT_EQ(answers[0].frames, "REPLY 1 \"done\" attempt 3 deferred");
}

TEST(ServerAnswers, LeaveFromTheAddressThatWasAsked) {
  ServerWorld world;
  const FakeClient client = world.client();
  const IpAddress other = IpAddress::v4(192, 0, 2, 9);
  const auto octets = ServerWorld::datagram(client, {request(1, "a")});
  world.core.handle_datagram({.peer = client.peer, .local = {other, 4'000}, .payload = octets},
                             world.now);
  const auto execution = world.core.poll_request(world.now);
  ASSERT_TRUE(execution);
  EXPECT_EQ(execution->local.address(), other);
  world.core.reply(execution->id, 0, {}, world.now);
  EXPECT_EQ(world.heard().at(0).local, other);
}

TEST(ServerAnswers, SayWorkingBeforeALargeReplyToALaterAttempt) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a"), request(2, "b")});
  // 32 of header, 12 of frame: one octet over 1,200.
  world.reply("a", std::string(1'157, 'x'));
  world.reply("b", std::string(1'156, 'x'));
  EXPECT_EQ(world.said(), "REPLY 1 1157 bytes | REPLY 2 1156 bytes");
  EXPECT_EQ(world.ask(client, {probe(1, 2), probe(2, 2)}),
            "WORKING 1 attempt 2 | REPLY 1 1157 bytes attempt 2 | REPLY 2 1156 bytes attempt 2");
  world.hear(client, {request(3, "c")});
  world.hear(client, {request(3, "c", 2)});
  world.said();
  world.hear(client, {});
  world.said();
  world.reply("c", std::string(2'000, 'x'));
  EXPECT_EQ(world.said(), "WORKING 3 attempt 2 deferred | REPLY 3 2000 bytes attempt 2 deferred");
}

TEST(ServerAnswers, SayReplyGoneWhenTheSystemWillNotSendThemForTheirSize) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, {request(1, "a")});
  world.reply("a", std::string(5'000, 'x'));
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  world.core.handle_too_large({.peer = answers[0].peer, .local = answers[0].local},
                              answers[0].bytes);
  EXPECT_EQ(world.said(), "REPLY_GONE 1");
  EXPECT_EQ(world.counters().reply_gone, 1U);
}

TEST(ServerAnswers, EchoPings) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {ping(0x1122334455667788, 4)}), "PONG 1234605616436508552 4");
  world.hear(client, {ping(7, 1'400)});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].size, 32U + 12U + 1'400U);
  // On its own as it was asked, so that it proves a length.
  world.echo = true;
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
  world.hear(client, {request(2, "b")});
  world.hear(client, {ping(8)});
  world.hear(client, {request(3, "c")});
  EXPECT_EQ(world.said(), "REPLY 2 \"b\" | PONG 8 0 | REPLY 3 \"c\"");
  EXPECT_EQ(world.ask(client, {ping(9), request(4, "d"), ping(10)}),
            "PONG 9 0, REPLY 4 \"d\", PONG 10 0");
  EXPECT_EQ(world.counters().pongs, 5U);
}

TEST(ServerAnswers, SurviveTheEndOfTheirNumber) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  // The reply waits to be sent while L passes its number and others take its room.
  world.hear(client, {request(1, "first")});
  client.lowest = 2;
  for (std::uint32_t number = 2; number < 20; ++number) {
    world.hear(client, {request(number, "other")});
  }
  const std::string said = world.said();
  EXPECT_TRUE(said.starts_with("REPLY 1 \"first\", REPLY 2 \"other\"")) << said;
}

TEST(ServerAnswers, AreLostWhenNobodyTakesThem) {
  ServerWorld world;
  const FakeClient client = world.client();
  for (int i = 0; i < 20'000; ++i) world.hear(client, {ping(1)});
  EXPECT_TRUE(world.core.must_transmit());
  EXPECT_EQ(world.counters().lost, 20'000U - 16'384U);
  world.said();
  EXPECT_EQ(world.counters().pongs, 16'384U);
  EXPECT_TRUE(world.core.idle());
}

TEST(ServerAnswers, AreLostWhenTooManyClientsWaitForThem) {
  auto options = ServerWorld::defaults();
  options.limits.running = 1;
  ServerWorld world{options};
  for (unsigned which = 1; which <= 10'000; ++which) {
    world.hear(ServerWorld::stranger(which), {});
    EXPECT_TRUE(which != 1'000 || !world.core.must_transmit());
  }
  EXPECT_TRUE(world.core.must_transmit());
  const std::uint64_t lost = world.counters().lost;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(world.heard().size(), 10'000 - lost);
  EXPECT_EQ(world.ask(world.client(1), {ping(1)}), "PONG 1 0");
}

TEST(ServerAnswers, OfManyHandlersComeInBoundedPortions) {
  auto options = ServerWorld::defaults();
  options.limits.running_per_client = 20'000;
  options.limits.address_share = 1;
  options.limits.client_share = 1;
  ServerWorld world{options};
  const FakeClient client = world.client();
  for (std::uint32_t number = 1; number <= 15'000; ++number) {
    world.hear(client, {request(number, "a")});
  }
  world.pass(2ms);
  EXPECT_TRUE(world.core.must_transmit());
  world.heard();
  EXPECT_LT(world.counters().working, 10'000U);
  EXPECT_LE(*world.core.next_timeout(), world.now);
  world.pass(0ms);
  world.heard();
  EXPECT_EQ(world.counters().working, 15'000U);
  EXPECT_EQ(world.counters().lost, 0U);
}

TEST(ServerAnswers, WaitForWhatActsOnlyUntilTheNextDatagram) {
  ServerWorld world;
  const FakeClient client = world.client();
  const auto octets = ServerWorld::datagram(client, {request(1, "a"), request(2, "b")});
  world.core.handle_datagram({.peer = client.peer, .local = ServerWorld::kLocal, .payload = octets},
                             world.now);
  EXPECT_TRUE(world.core.poll_request(world.now));
  world.core.handle_datagram({.peer = client.peer, .local = ServerWorld::kLocal, .payload = {}},
                             world.now);
  EXPECT_FALSE(world.core.poll_request(world.now));
  EXPECT_EQ(world.ask(client, {probe(1, 2), probe(2, 2)}),
            "WORKING 1 attempt 2, NEVER 2 attempt 2");
}

}  // namespace
}  // namespace volley
