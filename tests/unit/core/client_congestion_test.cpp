// protocol.md §7, as the client applies it.

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

/// Bodies so large that each datagram holds one.
const std::string kBody(1'100, 'x');

ClientStory::Options patient() {
  ClientStory::Options options;
  options.policy.give_up = 1h;
  options.window = 65'536;
  return options;
}

/// With its window open and nothing in flight; the next number is 2.
struct Met : ClientStory {
  explicit Met(int queued) : ClientStory{patient()} {
    ask("hello");
    meet_and_send();
    hear({reply_to(1, "")});
    ended();
    for (int i = 0; i < queued; ++i) ask(kBody);
  }
};

void answer(ClientStory& story, std::uint32_t first, std::uint32_t count) {
  for (std::uint32_t number = first; number < first + count; ++number) {
    story.hear({reply_to(number, "")});
    EXPECT_TRUE(story.ended());
  }
}

TEST(ClientCongestion, TheFirstFlightIsTenAndGrowsByWhatUsedTheWindow) {
  Met story{100};
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  answer(story, 2, 5);
  EXPECT_EQ(story.core.congestion_window(), 10) << "these left a window half empty";
  EXPECT_THAT(story.all_sent(), SizeIs(5));
  answer(story, 7, 5);
  EXPECT_EQ(story.core.congestion_window(), 15);
  EXPECT_THAT(story.all_sent(), SizeIs(10)) << "each answer lets two more go";
}

TEST(ClientCongestion, AWindowThatIsNotUsedDoesNotGrow) {
  Met story{0};
  for (std::uint32_t number = 2; number < 100; ++number) {
    story.ask(kBody);
    EXPECT_THAT(story.all_sent(), SizeIs(1));
    answer(story, number, 1);
  }
  EXPECT_EQ(story.core.congestion_window(), 10);
}

TEST(ClientCongestion, ADatagramIsInFlightUntilItsLastFrameIsAnswered) {
  ClientStory story{patient()};
  for (int i = 0; i < 200; ++i) story.ask(std::string(300, 'x'));
  story.meet();
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  story.hear({reply_to(1), reply_to(2)});
  EXPECT_FALSE(story.sent());
  story.hear({nack_of(3, NackCode::kBusy)});
  EXPECT_TRUE(story.sent());
}

TEST(ClientCongestion, WorkingAnswersAFrame) {
  Met story{11};
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  story.hear({working_on(2)});
  EXPECT_THAT(story.all_sent(), SizeIs(1));
}

TEST(ClientCongestion, ALossHalvesTheWindowOnceForAWholeFlight) {
  Met story{10};
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  EXPECT_EQ(story.core.congestion_window(), 5);
  EXPECT_THAT(story.all_sent(), SizeIs(5)) << "copies keep to it too";
  EXPECT_EQ(story.core.counters().reductions, 1U);
  EXPECT_EQ(story.core.counters().expired, 10U);
}

TEST(ClientCongestion, TwoLossesOfOneRequestAndSilenceLeaveTwo) {
  Met story{10};
  story.all_sent();
  story.pass(100ms + 200ms);
  EXPECT_EQ(story.core.congestion_window(), 2);
  EXPECT_EQ(story.core.counters().reductions, 2U);
}

TEST(ClientCongestion, AnythingHeardBetweenTwoLossesMakesThemOrdinary) {
  Met story{3};
  story.all_sent();
  story.pass(150ms);
  EXPECT_EQ(story.core.congestion_window(), 5);
  story.hear({reply_to(2, "")});
  story.pass(150ms);
  EXPECT_EQ(story.core.congestion_window(), 2.5);
}

TEST(ClientCongestion, AWaitThatEndsAfterAnAnswerIsNoLoss) {
  Met story{2};
  story.all_sent();
  story.now += 1ms;
  story.hear({working_on(2), nack_of(3, NackCode::kOverload, 1)});
  story.pass(110ms);
  EXPECT_EQ(story.core.counters().expired, 2U);
  EXPECT_EQ(story.core.counters().reductions, 0U);
}

TEST(ClientCongestion, ARefusalIsNoLossAndMakesRoom) {
  Met story{10};
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  ++story.ticket;
  story.hear_bare(1);
  EXPECT_THAT(story.all_sent(), SizeIs(10));
  EXPECT_EQ(story.core.counters().reductions, 0U);
  ++story.ticket;
  story.hear_bare(1);
  EXPECT_FALSE(story.sent()) << "once until their waits end";
  story.ask(kBody);
  EXPECT_TRUE(story.sent()) << "but they are in flight no more";
  story.pass(99ms);
  EXPECT_EQ(story.core.counters().reductions, 0U);
}

TEST(ClientCongestion, ChargesTheClientForTheRepliesItCauses) {
  ClientStory story{patient()};
  story.ask();
  story.meet_and_send();
  const std::string reply(16 * 1'168 - 12, 'x');
  story.hear({reply_to(1, reply)});
  story.ended();
  // The mean reply frame is now a sixteenth of that: one full datagram.
  for (int i = 0; i < 100; ++i) story.ask("small");
  std::size_t requests = 0;
  for (const Seen& seen : story.all_sent()) requests += seen.frames.size();
  EXPECT_EQ(requests, 10U) << "ten datagrams' worth of answers";
}

TEST(ClientCongestion, ALargeRequestGoesWhenNothingElseIsInFlight) {
  ClientStory story{patient()};
  story.ask(kBody);
  story.ask(std::string(60'000, 'x'));
  story.ask(kBody);
  story.meet();
  EXPECT_THAT(story.all_sent(), SizeIs(1)) << "it keeps its place in the queue";
  story.hear({reply_to(1, "")});
  EXPECT_THAT(story.all_sent(), SizeIs(1));
  story.hear({reply_to(2, "")});
  EXPECT_GT(story.core.congestion_window(), 60);
  EXPECT_THAT(story.all_sent(), SizeIs(1));
}

TEST(ClientCongestion, StartsSmallAgainAfterASilence) {
  Met story{100};
  while (story.core.in_flight() > 0) {
    for (const Seen& seen : story.all_sent()) answer(story, seen.numbers().at(0), 1);
  }
  EXPECT_GT(story.core.congestion_window(), 20);
  story.now += 2s;
  for (int i = 0; i < 20; ++i) story.ask(kBody);
  EXPECT_THAT(story.all_sent(), SizeIs(10));
}

}  // namespace
}  // namespace volley
