// What replies come to where they are told of at once, as the runtime's client has it.

#include "core/client_read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(ClientRead, WhoIsToldOfAReplyMayAskAgainInItsPlace) {
  ClientStory::Options options;
  options.window = 1;
  ClientStory story{options};
  story.ask("first");
  story.meet_and_send();
  std::vector<std::string> told;
  const Bytes datagram = story.write(story.header(), {reply_to(1, "a"), reply_to(1, "b")});
  story.core.read({.peer = ClientStory::kServer, .payload = datagram}, story.now,
                  [&](Slot, const Answer& answer) {
                    told.emplace_back(as_text(answer.body));
                    EXPECT_TRUE(story.core.has_room());
                    story.ask("second");
                    EXPECT_FALSE(story.core.has_room());
                    return true;
                  });
  EXPECT_THAT(told, ElementsAre("a"));
  EXPECT_EQ(story.core.counters().late, 1U);
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.in_flight(), 1U);

  const auto again = story.sent();
  ASSERT_TRUE(again);
  EXPECT_THAT(again->numbers(), ElementsAre(2U));
  EXPECT_EQ(as_text(again->frames.front().body), "second");
  story.hear({reply_to(2)});
  EXPECT_TRUE(story.ended());
}

/// Eight numbers have a place each with this window, and the ninth has that of the first.
TEST(ClientRead, AReplyThatComesAgainIsNotToWhatTookItsNumbersPlace) {
  ClientStory::Options options;
  options.window = 4;
  ClientStory story{options};
  story.ask("first");
  story.meet_and_send();
  const auto answer = [&](std::uint32_t number) {
    story.hear({reply_to(number)});
    ASSERT_TRUE(story.ended());
    ASSERT_FALSE(story.ended());
  };
  answer(1);
  for (const char* const body : {"2", "3", "4", "5"}) story.ask(body);
  story.sent();
  answer(3);
  for (std::uint32_t number = 6; number < 10; ++number) {
    story.ask("next");
    story.sent();
    answer(number);
  }
  std::vector<std::string> told;
  const Bytes datagram =
      story.write(story.header(), {reply_to(2, "2"), reply_to(3, "3"), reply_to(4, "4")});
  story.core.read({.peer = ClientStory::kServer, .payload = datagram}, story.now,
                  [&](Slot, const Answer& given) {
                    told.emplace_back(as_text(given.body));
                    while (story.core.has_room()) story.ask("10 and up");
                    return true;
                  });
  EXPECT_THAT(told, ElementsAre("2", "4"));
  EXPECT_EQ(story.core.counters().late, 1U);
}

/// As many datagrams wait as ever can: the one whose last reply is being told of, a bare header,
/// all pings, and one more request.
TEST(ClientRead, ThereIsRoomForADatagramMoreThanWait) {
  constexpr std::size_t kPings = 64;
  ClientStory::Options options;
  options.window = 1;
  ClientStory story{options};
  story.ask("first");
  story.meet_and_send();
  // Replies so large that the server is told when there is nothing more to ask.
  const std::string large(60'000, 'r');
  std::uint32_t number = 1;
  for (; number < 8; ++number) {
    story.hear({reply_to(number, large)});
    ASSERT_TRUE(story.ended());
    ASSERT_FALSE(story.ended());
    if (number == 7) continue;
    story.ask("next");
    story.sent();
  }
  story.now += 1s;
  ASSERT_TRUE(story.sent().value().bare());
  const auto ping_and_send = [&] {
    while (story.core.ping(44, story.now)) continue;
    return story.all_sent();
  };
  while (story.core.congestion_window() <= kPings + 2) {
    for (const Seen& ping : ping_and_send()) {
      story.hear({{.type = FrameType::kPong, .opaque = ping.frames.at(0).opaque}});
      ASSERT_TRUE(story.pong());
    }
  }
  story.ask("next");
  ASSERT_EQ(ping_and_send().size(), kPings + 1);
  const Bytes datagram = story.write(story.header(), {reply_to(number)});
  bool told = false;
  story.core.read({.peer = ClientStory::kServer, .payload = datagram}, story.now,
                  [&](Slot, const Answer&) {
                    told = true;
                    story.ask("last");
                    return true;
                  });
  EXPECT_TRUE(told);
  EXPECT_EQ(story.sent().value().numbers().at(0), number + 1);
}

TEST(ClientRead, OtherEndsOfTheSameDatagramArePolled) {
  ClientStory story;
  const RequestId refused = story.ask();
  const RequestId answered = story.ask();
  story.meet_and_send();
  std::vector<Slot> told;
  const Bytes datagram =
      story.write(story.header(), {nack_of(1, NackCode::kBusy), reply_to(2), reply_to(3)});
  story.core.read({.peer = ClientStory::kServer, .payload = datagram}, story.now,
                  [&](Slot slot, const Answer& answer) {
                    EXPECT_EQ(answer.outcome, Outcome::kReply);
                    EXPECT_EQ(answer.attempts, 1U);
                    told.push_back(slot);
                    return true;
                  });
  EXPECT_THAT(told, ElementsAre(slot_of(answered)));
  const auto end = story.ended();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, Outcome::kNotExecuted);
  EXPECT_EQ(story.last_ended, refused);
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.in_flight(), 0U);
}

}  // namespace
}  // namespace volley
