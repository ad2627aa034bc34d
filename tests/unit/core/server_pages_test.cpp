#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// The replies to one datagram's requests are kept, queued, sent and freed together: nobody may see
// it.

/// A server whose handlers answer at once, but for those whose body begins with "slow".
struct Pages {
  explicit Pages(const ServerCore::Options& options = ServerWorld::defaults()) : world{options} {}

  void hear(const std::vector<Frame>& frames) {
    const auto octets = ServerWorld::datagram(client, frames);
    world.core.handle_datagram(
        {.peer = client.peer, .local = ServerWorld::kLocal, .payload = octets}, world.now);
    while (const auto execution = world.core.poll_request(world.now)) {
      ++world.started;
      const std::string body{as_text(execution->body)};
      if (body.starts_with("slow")) {
        world.running.push_back({.execution = *execution, .body = body});
      } else {
        // A number for a body means a reply of that length.
        const bool sized = !body.empty() && body.front() == '#';
        const std::string reply = sized ? std::string(std::stoul(body.substr(1)), 'x') : body;
        world.core.reply(execution->id, 0, as_bytes(reply), world.now);
      }
    }
  }
  std::string ask(const std::vector<Frame>& frames) {
    hear(frames);
    return world.said();
  }

  ServerWorld world;
  FakeClient client = world.client();
};

/// 64 KiB, of which one client may have 4 for replies: 32 of the least size.
ServerCore::Options small() {
  auto options = ServerWorld::defaults();
  options.limits.memory = std::size_t{64} * 1024;
  options.limits.address_share = 1;
  return options;
}

std::vector<Frame> some(std::uint32_t first, std::uint32_t count, std::string_view body,
                        std::uint8_t attempt = 1) {
  std::vector<Frame> frames;
  for (std::uint32_t number = first; number < first + count; ++number) {
    frames.push_back(request(number, body, attempt));
  }
  return frames;
}

TEST(ServerPages, AnswerEachNumberAgainAndForItsAttempt) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a"), request(2, "b"), request(3, "c")}),
            "REPLY 1 \"a\", REPLY 2 \"b\", REPLY 3 \"c\"");
  EXPECT_EQ(pages.ask({request(3, "c", 2), probe(1, 3), request(2, "b", 4)}),
            "REPLY 3 \"c\" attempt 2, REPLY 1 \"a\" attempt 3, REPLY 2 \"b\" attempt 4");
  EXPECT_EQ(pages.ask({probe(1), probe(2), probe(3)}),
            "REPLY 1 \"a\", REPLY 2 \"b\", REPLY 3 \"c\"");
  EXPECT_EQ(pages.world.counters().replied, 9U);
  EXPECT_EQ(pages.world.counters().repeated, 6U);
}

TEST(ServerPages, DoNotTakeACopyForPartOfARun) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a", 2), request(1, "a"), request(2, "b"), request(3, "c"),
                       request(4, "d", 2), request(5, "e")}),
            "REPLY 1 \"a\" attempt 2, REPLY 1 \"a\", REPLY 2 \"b\", REPLY 3 \"c\", "
            "REPLY 4 \"d\" attempt 2, REPLY 5 \"e\"");
  EXPECT_EQ(pages.world.started, 5U);
}

TEST(ServerPages, KeepTheOrderOfAnswers) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a"), ping(7), request(2, "b"), probe(9), request(3, "c"),
                       idempotent(4, "d"), request(5, "e")}),
            "REPLY 1 \"a\", PONG 7 0, REPLY 2 \"b\", NEVER 9, REPLY 3 \"c\", REPLY 4 \"d\", "
            "REPLY 5 \"e\"");
}

TEST(ServerPages, PassOverNumbersAndBeginAnewForThoseOutOfOrder) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a"), request(5, "b"), request(6, "c"), request(500, "d"),
                       request(3, "e"), request(501, "f"), request(4, "g")}),
            "REPLY 1 \"a\", REPLY 5 \"b\", REPLY 6 \"c\", REPLY 500 \"d\", REPLY 3 \"e\", "
            "REPLY 501 \"f\", REPLY 4 \"g\"");
  EXPECT_EQ(pages.ask({probe(4), probe(501), probe(3), probe(500), probe(6), probe(5), probe(1)}),
            "REPLY 4 \"g\", REPLY 501 \"f\", REPLY 3 \"e\", REPLY 500 \"d\", REPLY 6 \"c\", "
            "REPLY 5 \"b\", REPLY 1 \"a\"");
  EXPECT_EQ(pages.ask({probe(2)}), "NEVER 2");
}

TEST(ServerPages, HaveALargeReplyElsewhere) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a"), request(2, "#5000"), request(3, "c")}),
            "REPLY 1 \"a\" | REPLY 2 5000 bytes | REPLY 3 \"c\"");
  EXPECT_EQ(pages.ask({probe(1), probe(2), probe(3)}),
            "REPLY 1 \"a\" | REPLY 2 5000 bytes | REPLY 3 \"c\"");
  pages.client.lowest = 3;
  EXPECT_EQ(pages.ask({probe(2), probe(3)}), "REPLY 3 \"c\"");
}

TEST(ServerPages, SendALargeReplyOfARunAlone) {
  Pages pages;
  // So much follows that the page has room for all of them.
  std::vector<Frame> frames{request(1, "#1200"), request(2, "a"), request(3, "#1300")};
  for (const Frame& frame : some(4, 60, "0123456789")) frames.push_back(frame);
  const std::string filler(3'000, 'x');
  frames.push_back(request(64, filler));
  const std::string said = pages.ask(frames);
  EXPECT_TRUE(said.starts_with("REPLY 1 1200 bytes | REPLY 2 \"a\" | REPLY 3 1300 bytes | REPLY 4"))
      << said;
  EXPECT_EQ(pages.world.counters().replied, 64U);
}

TEST(ServerPages, SetRoomAsideForWhoAnswersLater) {
  Pages pages;
  EXPECT_EQ(pages.ask({request(1, "a"), request(2, "slow"), request(3, "c"), request(4, "slow too"),
                       request(5, "e")}),
            "REPLY 1 \"a\", REPLY 3 \"c\", REPLY 5 \"e\"");
  pages.world.reply("slow too", "small");
  pages.world.reply("slow", std::string(500, 'x'));
  EXPECT_EQ(pages.world.said(), "REPLY 4 \"small\", REPLY 2 500 bytes");
  EXPECT_EQ(pages.ask(some(1, 5, "?", 2)),
            "REPLY 1 \"a\" attempt 2, REPLY 2 500 bytes attempt 2, REPLY 3 \"c\" attempt 2, "
            "REPLY 4 \"small\" attempt 2, REPLY 5 \"e\" attempt 2");
}

TEST(ServerPages, StayForWhoAnswersBelowTheBase) {
  Pages pages;
  pages.hear({request(1, "a"), request(2, "slow"), request(3, "c")});
  pages.world.said();
  pages.client.lowest = 4;
  EXPECT_EQ(pages.ask({request(4, "d")}), "REPLY 4 \"d\"");
  pages.world.reply("slow", "late");
  EXPECT_EQ(pages.world.said(), "");
  EXPECT_EQ(pages.ask({probe(4)}), "REPLY 4 \"d\"");
}

TEST(ServerPages, AreForgottenAsTheBasePasses) {
  Pages pages;
  pages.ask(some(1, 10, "a"));
  pages.client.lowest = 6;  // A part of the page.
  EXPECT_EQ(pages.ask({probe(5), probe(6), probe(10)}), "REPLY 6 \"a\", REPLY 10 \"a\"");
  pages.client.lowest = 11;  // The rest.
  EXPECT_EQ(pages.ask({probe(10), request(11, "b")}), "REPLY 11 \"b\"");
  pages.client.lowest = 1'000;  // Numbers never seen.
  EXPECT_EQ(pages.ask({request(1'000, "c")}), "REPLY 1000 \"c\"");
}

TEST(ServerPages, AreSentAlthoughTheBasePassedThem) {
  Pages pages;
  pages.hear(some(1, 3, "a"));
  pages.client.lowest = 3;
  pages.hear({request(4, "b")});
  pages.client.lowest = 5;
  pages.hear(some(5, 200, "other"));
  EXPECT_TRUE(pages.world.said().starts_with(
      "REPLY 1 \"a\", REPLY 2 \"a\", REPLY 3 \"a\", REPLY 4 \"b\", REPLY 5 \"other\""));
}

TEST(ServerPages, GoOnWhenTheCallerStopsToAskOrSendsInBetween) {
  Pages pages;
  const auto octets = ServerWorld::datagram(pages.client, some(1, 4, "a"));
  ServerCore& core = pages.world.core;
  core.handle_datagram({.peer = pages.client.peer, .local = ServerWorld::kLocal, .payload = octets},
                       pages.world.now);
  for (unsigned i = 0; i < 2; ++i) {
    core.reply(core.poll_request(pages.world.now)->id, 0, as_bytes("b"), pages.world.now);
  }
  EXPECT_FALSE(core.idle());
  EXPECT_EQ(pages.world.said(), "REPLY 1 \"b\", REPLY 2 \"b\"");
  core.reply(core.poll_request(pages.world.now)->id, 0, as_bytes("c"), pages.world.now);
  // What is left of a datagram is lost when the next one comes, here with a base that passes.
  pages.client.lowest = 4;
  EXPECT_EQ(pages.ask({request(4, "d")}), "REPLY 3 \"c\", REPLY 4 \"d\"");
  pages.world.pass(300s);
  EXPECT_EQ(pages.world.counters().contexts, 0U);
}

TEST(ServerPages, EndInTheMiddleWhenTheServerIsStopping) {
  Pages pages;
  const auto octets = ServerWorld::datagram(pages.client, some(1, 4, "a"));
  ServerCore& core = pages.world.core;
  core.handle_datagram({.peer = pages.client.peer, .local = ServerWorld::kLocal, .payload = octets},
                       pages.world.now);
  const ExecutionId id = core.poll_request(pages.world.now)->id;
  core.drain();
  core.reply(id, 0, as_bytes("last"), pages.world.now);
  EXPECT_EQ(core.poll_request(pages.world.now), nullptr);
  EXPECT_EQ(pages.world.said(), "REPLY 1 \"last\", BUSY 2 10 ms, BUSY 3 10 ms, BUSY 4 10 ms");
}

TEST(ServerPages, LetNoMoreRunThanMayOfOneDatagram) {
  auto options = ServerWorld::defaults();
  options.limits.running_per_client = 2;
  Pages pages{options};
  const std::string filler(2'000, 'x');  // So the page has room for all.
  EXPECT_EQ(pages.ask({request(1, "a"), request(2, "slow"), request(3, "b"), request(4, "slow"),
                       request(5, "c"), request(6, "slow"), request(7, filler)}),
            "REPLY 1 \"a\", REPLY 3 \"b\", BUSY 5 10 ms, BUSY 6 10 ms, BUSY 7 10 ms");
  EXPECT_EQ(pages.world.started, 4U);
}

// Room.

TEST(ServerPages, AreOfTheLeastSizeWhereThereIsNoRoomForLarger) {
  Pages pages{small()};
  // Each keeps 128 bytes of 4,096, and the rest could be for one more.
  for (std::uint32_t number = 1; number <= 31; ++number) {
    ASSERT_EQ(pages.ask({request(number, "#100")}),
              "REPLY " + std::to_string(number) + " 100 bytes");
  }
  EXPECT_EQ(pages.ask({request(32, "#100"), request(33, "#100"), request(34, "#100")}),
            "REPLY 32 100 bytes, BUSY 33 10 ms, BUSY 34 10 ms");
  pages.client.lowest = 31;
  EXPECT_EQ(pages.ask({request(35, "#100")}), "REPLY 35 100 bytes");
  EXPECT_EQ(pages.ask({probe(31), probe(32)}), "REPLY 31 100 bytes, REPLY 32 100 bytes");
}

TEST(ServerPages, AreSmallForADatagramOfOneRequestHoweverLong) {
  Pages pages{small()};
  for (std::uint32_t number = 1; number <= 32; ++number) {
    ASSERT_EQ(pages.ask({request(number, "#1" + std::string(2'000, ' '))}),
              "REPLY " + std::to_string(number) + " \"x\"");
  }
  EXPECT_EQ(pages.ask({request(33, "a")}), "BUSY 33 10 ms");
}

TEST(ServerPages, AreNotAsLongAsLongRequestsWithShortReplies) {
  Pages pages{small()};
  const std::string body = "#10" + std::string(200, ' ');
  for (std::uint32_t number = 1; number <= 50; number += 5) {
    EXPECT_EQ(pages.ask(some(number, 5, body)).find("BUSY"), std::string::npos) << number;
  }
  EXPECT_EQ(pages.world.started, 50U);
}

TEST(ServerPages, HoldMoreRepliesThanWouldFitOneByOne) {
  Pages pages{small()};
  EXPECT_EQ(pages.ask(some(1, 100, "#10")).find("BUSY"), std::string::npos);
  EXPECT_EQ(pages.world.started, 100U);
  EXPECT_EQ(pages.ask({probe(1), probe(100)}), "REPLY 1 \"xxxxxxxxxx\", REPLY 100 \"xxxxxxxxxx\"");
}

TEST(ServerPages, DoNotGrowWithNumbersOutOfOrder) {
  Pages pages{small()};
  std::vector<Frame> frames;
  for (std::uint32_t number = 25; number > 0; --number) frames.push_back(request(number, "#50"));
  EXPECT_EQ(pages.ask(frames).find("BUSY"), std::string::npos);
  EXPECT_EQ(pages.world.started, 25U);
}

TEST(ServerPages, GiveTheirRoomBackWhole) {
  Pages pages{small()};
  std::uint32_t number = 1;
  for (unsigned round = 0; round < 50; ++round) {
    pages.client.lowest = number;
    std::vector<Frame> frames = some(number, 5, "a");
    frames.push_back(request(number + 5, "slow"));
    frames.push_back(request(number + 7, "#300"));
    frames.push_back(request(number + 6, "b"));
    frames.push_back(request(number + 8, "slow large"));
    frames.push_back(request(number + 9, "slow gone"));
    pages.hear(frames);
    pages.world.reply("slow", "c");
    pages.world.reply("slow large", std::string(400, 'x'));
    pages.world.abandon("slow gone");
    EXPECT_EQ(pages.world.said().find("BUSY"), std::string::npos) << round;
    number += 10;
  }
  EXPECT_EQ(pages.world.counters().unkept, 0U);
  EXPECT_EQ(pages.world.started, 500U);
  // All of the client's 4 KiB are free again.
  pages.client.lowest = number;
  for (std::uint32_t more = 0; more < 32; ++more) {
    EXPECT_EQ(pages.ask({request(number + more, "slow")}), "");
  }
  EXPECT_EQ(pages.world.running.size(), 32U);
}

}  // namespace
}  // namespace volley
