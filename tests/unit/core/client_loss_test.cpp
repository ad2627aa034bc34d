// protocol.md §7.1: losses that answers to later datagrams show.

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Bodies so large that each datagram holds one.
const std::string kBody(1'100, 'x');

ClientStory::Options adaptive(unsigned max_attempts = 0) {
  ClientStory::Options options;
  options.policy.adaptive = true;
  options.policy.floor = 16ms;
  options.policy.max_attempts = max_attempts;
  return options;
}

/// Five datagrams are in flight, with the numbers 2 to 6. A round trip takes 4 ms, a wait 16 ms.
struct Flight : ClientStory {
  explicit Flight(const Options& options = adaptive()) : ClientStory{options} {
    ask("hello");
    meet();
    sent();
    now += 4ms;
    hear({reply_to(1)});
    ended();
    for (int i = 0; i < 5; ++i) ask(kBody);
    EXPECT_THAT(all_sent(), SizeIs(5));
    now += 4ms;
  }

  /// The numbers that are sent now, all of them again.
  std::vector<std::uint32_t> again() {
    std::vector<std::uint32_t> numbers;
    for (const Seen& seen : all_sent()) {
      EXPECT_EQ(seen.frames.at(0).attempt, 2);
      for (const std::uint32_t number : seen.numbers()) numbers.push_back(number);
    }
    return numbers;
  }
  std::uint64_t reductions() const { return core.counters().reductions; }
};

TEST(ClientLoss, AnAnswerToTheThirdDatagramAfterShowsIt) {
  Flight story;
  story.hear({reply_to(3), reply_to(4)});
  EXPECT_THAT(story.again(), IsEmpty());
  story.hear({reply_to(5)});
  EXPECT_THAT(story.again(), ElementsAre(2));
  EXPECT_EQ(story.core.counters().seemed_lost, 1U);
  EXPECT_EQ(story.core.counters().expired, 0U);
}

TEST(ClientLoss, AnAnswerToAnyDatagramAfterShowsItANinthOfARoundTripLater) {
  Flight story;
  story.hear({reply_to(3)});
  EXPECT_EQ(story.core.next_timeout(), story.now + 500us);
  story.now += 499us;
  story.core.handle_timeout(story.now);
  EXPECT_THAT(story.again(), IsEmpty());
  story.now += 1us;
  story.core.handle_timeout(story.now);
  EXPECT_THAT(story.again(), ElementsAre(2));
}

TEST(ClientLoss, WhatLaterDatagramsOvertookGoesInOrder) {
  Flight story;
  story.hear({reply_to(6)});
  EXPECT_THAT(story.again(), ElementsAre(2, 3)) << "4 and 5 may still be on their way";
  story.pass(500us);
  EXPECT_THAT(story.core.counters().seemed_lost, 4U);
}

TEST(ClientLoss, AnyAnswerShowsThatTheDatagramArrived) {
  ClientStory story{adaptive()};
  story.ask("hello");
  story.meet();
  story.sent();
  story.hear({reply_to(1)});
  for (int i = 0; i < 5 * 3; ++i) story.ask(std::string(350, 'x'));
  ASSERT_THAT(story.all_sent(), SizeIs(5));
  story.now += 1ms;
  story.hear({late_reply_to(2), reply_to(8), reply_to(11), reply_to(14)});
  EXPECT_THAT(story.all_sent(), ElementsAre(testing::Field(&Seen::frames, SizeIs(3))))
      << "3 and 4 shared a datagram with 2; nothing was heard of 5 to 7";
}

TEST(ClientLoss, AHandlersLateAnswerShowsNothing) {
  Flight story;
  story.hear({late_reply_to(4), late_reply_to(5), late_reply_to(6)});
  EXPECT_THAT(story.pass_and_see(5ms), IsEmpty());
}

TEST(ClientLoss, AnAnswerToACopyShowsWhatTheCopyOvertook) {
  Flight story;
  story.hear({reply_to(5)});
  EXPECT_THAT(story.again(), ElementsAre(2));
  for (int i = 0; i < 3; ++i) story.ask(kBody);
  EXPECT_THAT(story.all_sent(), SizeIs(3));
  story.hear({reply_to(2, "", 2)});
  EXPECT_THAT(story.again(), ElementsAre(3, 4)) << "6 is the last before the copy";
}

TEST(ClientLoss, CountsAsCongestionOnceTheCopyIsAnswered) {
  Flight story;
  story.hear({reply_to(6)});
  EXPECT_THAT(story.again(), ElementsAre(2, 3));
  EXPECT_EQ(story.reductions(), 0U);
  story.now += 4ms;
  story.hear({reply_to(2, "", 2)});
  EXPECT_EQ(story.reductions(), 1U);
  EXPECT_EQ(story.core.congestion_window(), 5);
  story.hear({reply_to(3, "", 2)});
  EXPECT_EQ(story.reductions(), 1U) << "both were lost in one flight";
}

TEST(ClientLoss, ACopyOfWhatWasOnlyLateIsNoCongestion) {
  Flight story;
  story.hear({reply_to(6)});
  EXPECT_THAT(story.again(), ElementsAre(2, 3));
  story.hear({reply_to(2)});
  story.hear({working_on(3, 2)});
  EXPECT_EQ(story.reductions(), 0U);
  story.pass(4ms);
  story.hear({late_reply_to(3, "", 2)});
  EXPECT_EQ(story.reductions(), 0U);
}

TEST(ClientLoss, WhoWasWrongDoubtsTheNextForAWait) {
  Flight story;
  story.hear({reply_to(5)});
  EXPECT_THAT(story.again(), ElementsAre(2));
  story.hear({reply_to(2)});
  for (int i = 0; i < 5; ++i) story.ask(kBody);
  EXPECT_THAT(story.all_sent(), SizeIs(5));
  story.hear({reply_to(3), reply_to(4), reply_to(6), reply_to(11)});
  EXPECT_THAT(story.again(), IsEmpty());
  story.pass(20ms);
  EXPECT_EQ(story.core.counters().seemed_lost, 1U);
  EXPECT_EQ(story.core.counters().expired, 4U) << "so their waits found them";
}

TEST(ClientLoss, ACopyThatIsLostTooIsFoundThreeTimesAndThenWaits) {
  Flight story;
  story.hear({reply_to(3), reply_to(4), reply_to(5), reply_to(6)});
  std::uint32_t next = 7;
  for (unsigned attempt = 2; attempt <= 4; ++attempt) {
    const auto copy = story.sent();
    ASSERT_TRUE(copy);
    EXPECT_THAT(copy->numbers(), ElementsAre(2));
    EXPECT_EQ(copy->frames.front().attempt, attempt);
    for (int i = 0; i < 3; ++i, ++next) {
      story.ask(kBody);
      ASSERT_TRUE(story.sent());
      story.hear({reply_to(next)});
    }
  }
  EXPECT_FALSE(story.sent()) << "what the path does not carry is not sent for ever";
  EXPECT_EQ(story.core.counters().seemed_lost, 4U);
  EXPECT_EQ(story.reductions(), 0U);
  story.pass(20ms);
  EXPECT_EQ(story.core.counters().expired, 1U);
  EXPECT_EQ(story.reductions(), 1U);
}

TEST(ClientLoss, NothingIsSentMoreOftenThanItMayBe) {
  Flight story{adaptive(1)};
  story.hear({reply_to(6)});
  EXPECT_THAT(story.pass_and_see(5ms), IsEmpty());
}

TEST(ClientLoss, WhoseWaitsAreFixedKeepsToThem) {
  ClientStory::Options options = adaptive();
  options.policy.adaptive = false;
  Flight story{options};
  story.hear({reply_to(6)});
  EXPECT_THAT(story.pass_and_see(90ms), IsEmpty());
}

}  // namespace
}  // namespace volley
