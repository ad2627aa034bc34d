// protocol.md §4.7: pings.

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Frame echo_of(const Frame& ping) {
  return {.type = FrameType::kPong, .zeros = ping.zeros, .opaque = ping.opaque};
}

/// With its server met.
struct Met : ClientStory {
  Met() {
    ask("hello");
    meet_and_send();
    hear({reply_to(1)});
    ended();
  }
};

TEST(ClientPing, MeetsTheServerFirst) {
  ClientStory story;
  ASSERT_TRUE(story.core.ping(44, story.now));
  story.meet();
  EXPECT_EQ(story.sent()->bytes.size(), 44U);
}

TEST(ClientPing, IsADatagramOfThatSizeAndItsEchoAnEvent) {
  Met story;
  for (const std::size_t size : {44UL, 45UL, 1'200UL, 65'507UL}) {
    const auto opaque = story.core.ping(size, story.now);
    ASSERT_TRUE(opaque);
    story.ask("not with it");
    const Seen ping = story.sent().value();
    EXPECT_EQ(ping.bytes.size(), size);
    ASSERT_THAT(ping.frames, SizeIs(1));
    story.now += 7ms;
    story.hear({echo_of(ping.frames[0])});
    const Pong pong = story.pong().value();
    EXPECT_EQ(pong.opaque, *opaque);
    EXPECT_EQ(pong.size, size);
    EXPECT_EQ(pong.round_trip, 7ms);
    for (const Seen& seen : story.all_sent()) story.hear({reply_to(seen.numbers()[0])});
    story.ended();
  }
  EXPECT_EQ(story.core.smoothed_round_trip(), 0ms) << "no sample";
}

TEST(ClientPing, RefusesSizesThatCannotBe) {
  Met story;
  for (const std::size_t size : {0UL, 43UL, 65'508UL}) {
    const auto refused = story.core.ping(size, story.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  }
}

TEST(ClientPing, AnEchoThatComesTwiceIsCountedAndNotTold) {
  Met story;
  ASSERT_TRUE(story.core.ping(44, story.now));
  const Frame ping = story.sent()->frames[0];
  story.hear({echo_of(ping), echo_of(ping)});
  EXPECT_TRUE(story.pong());
  story.hear({echo_of(ping)});
  EXPECT_FALSE(story.pong());
  EXPECT_EQ(story.core.counters().pongs_again, 2U);
}

TEST(ClientPing, BelievesNoEchoOfWhatItDidNotSend) {
  Met story;
  ASSERT_TRUE(story.core.ping(48, story.now));
  Frame echo{.type = FrameType::kPong, .zeros = 4, .opaque = *story.core.ping(48, story.now)};
  story.hear({echo});
  EXPECT_FALSE(story.pong()) << "not sent yet";
  const Frame ping = story.sent()->frames[0];
  echo = echo_of(ping);
  ++echo.zeros;
  story.hear({echo});
  echo = echo_of(ping);
  echo.opaque ^= 1U << 20U;
  story.hear({echo});
  EXPECT_FALSE(story.pong());
  EXPECT_EQ(story.core.counters().late, 3U);
}

TEST(ClientPing, IsNotSentAgainAndItsLossIsNoCongestion) {
  Met story;
  ASSERT_TRUE(story.core.ping(44, story.now));
  EXPECT_THAT(story.pass(10s), SizeIs(1));
  EXPECT_EQ(story.core.counters().reductions, 0U);
  EXPECT_EQ(story.core.congestion_window(), 10);
  EXPECT_FALSE(story.core.next_timeout());
}

TEST(ClientPing, AnEchoIsTakenHoweverLate) {
  Met story;
  ASSERT_TRUE(story.core.ping(44, story.now));
  const Frame ping = story.sent()->frames[0];
  story.pass(2s);
  story.hear({echo_of(ping)});
  EXPECT_EQ(story.pong()->round_trip, 2s);
}

TEST(ClientPing, OneThatWasRefusedForItsTicketGoesAgainOnce) {
  Met story;
  const std::uint64_t opaque = story.core.ping(44, story.now).value();
  EXPECT_TRUE(story.sent());
  story.now += 5ms;
  ++story.ticket;
  story.hear_bare(1);
  EXPECT_EQ(story.sent()->frames[0].opaque, opaque);
  ++story.ticket;
  story.hear_bare(1);
  EXPECT_FALSE(story.sent());
}

TEST(ClientPing, AnEchoOfOneThatIsToGoAgainSparesIt) {
  Met story;
  const std::uint64_t opaque = story.core.ping(44, story.now).value();
  const Frame ping = story.sent()->frames[0];
  ++story.ticket;
  story.hear_bare(1);
  story.now += 3ms;
  story.hear({echo_of(ping)});
  EXPECT_EQ(story.pong()->opaque, opaque);
  EXPECT_FALSE(story.sent());
}

TEST(ClientPing, SixtyFourAtATime) {
  Met story;
  std::set<std::uint64_t> opaques;
  for (int i = 0; i < 64; ++i) opaques.insert(story.core.ping(44, story.now).value());
  EXPECT_THAT(opaques, SizeIs(64));
  const auto refused = story.core.ping(44, story.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFull);

  const auto sent = story.all_sent();
  EXPECT_THAT(sent, SizeIs(10)) << "they keep to the window";
  story.hear({echo_of(sent[0].frames[0])});
  EXPECT_TRUE(story.core.ping(44, story.now)) << "one is answered";
  EXPECT_FALSE(story.core.ping(44, story.now));
  story.pass(4s);
  EXPECT_TRUE(story.core.ping(44, story.now)) << "the others were given up";
}

}  // namespace
}  // namespace volley
