// protocol.md §5.9: the server restarts.

#include <gmock/gmock.h>

#include <chrono>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(ClientEpoch, WhatCannotHaveReachedTheOldServerGoesToTheNewOne) {
  ClientStory story;
  story.ask();
  story.meet_and_send();
  const Instant sent = story.now;
  story.now += 20ms;
  story.restart(21ms + 10ms);
  story.hear_bare(1);
  const Seen again = story.sent().value();
  EXPECT_EQ(again.header.epoch, Epoch{story.epoch});
  EXPECT_EQ(again.header.turn, 2);
  EXPECT_EQ(again.frames[0].type, FrameType::kRequest);
  EXPECT_EQ(again.frames[0].attempt, 2);
  EXPECT_THAT(story.pass(350ms), ElementsAre(sent + 120ms, sent + 320ms))
      << "its wait neither doubled nor began anew";
  EXPECT_EQ(story.core.counters().epochs, 2U);
}

TEST(ClientEpoch, ItsAgeCountsFromTheFirstCopyWhateverTheStamp) {
  ClientStory story{{.policy = [] {
    RetryPolicy policy = ClientStory::exact_policy();
    policy.give_up = 1h;
    return policy;
  }()}};
  story.ask();
  story.meet_and_send();
  story.now += 10ms;
  story.restart(10s);
  story.hear_bare(1);
  EXPECT_TRUE(story.sent());
  story.pass(9s);
  story.restart(8s);
  story.hear_bare(2);
  EXPECT_EQ(story.ended()->reason, Reason::kRestarted);
}

TEST(ClientEpoch, NoFrameOfTheOldOneCountsAnyMore) {
  ClientStory story;
  story.ask("one");
  story.ask_idempotent("two");
  story.meet_and_send();
  const ClearHeader old = story.header();
  story.restart(1h);
  story.hear_bare(1);
  story.hear(old, {reply_to(1), reply_to(2)});
  EXPECT_EQ(story.ended()->outcome, Outcome::kReply) << "an idempotent request takes any reply";
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.counters().stale_stamp, 1U);
  EXPECT_EQ(story.core.counters().stale_epoch, 1U);
  EXPECT_THAT(story.sent()->numbers(), ElementsAre(1));
}

TEST(ClientEpoch, ALateBareHeaderOfTheOldOneChangesNothing) {
  ClientStory story;
  story.ask();
  story.meet_and_send();
  ClearHeader old = story.header();
  old.turn = 1;
  story.restart(1h);
  story.hear_bare(1);
  EXPECT_EQ(story.sent()->header.epoch, Epoch{story.epoch});
  story.hear(old);
  EXPECT_EQ(story.core.counters().epochs, 2U);
  EXPECT_EQ(story.core.counters().stale_epoch, 1U);
  EXPECT_FALSE(story.sent());
}

TEST(ClientEpoch, OneThatComesBackProvesNothingOfWhatWasSent) {
  ClientStory story;
  const std::uint64_t first = story.epoch;
  story.ask();
  story.meet();
  story.core.cancel(RequestId{std::uint64_t{1} << 32U}, story.now);
  story.ended();
  story.ask();
  story.sent();
  story.restart(1h);
  story.hear_bare(1);
  EXPECT_TRUE(story.sent());
  // Two incarnations at one address: the old one answers again.
  story.epoch = first;
  story.hear_bare(2);
  EXPECT_EQ(story.ended()->reason, Reason::kRestarted);
}

TEST(ClientEpoch, WhatIsQueuedGoesOn) {
  ClientStory story;
  story.ask("first");
  story.meet_and_send();
  story.ask("queued");
  story.restart(1ms);
  story.hear_bare(1);
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
  const Seen next = story.sent().value();
  EXPECT_THAT(next.numbers(), ElementsAre(2));
  EXPECT_EQ(next.header.note, 2U);
  EXPECT_EQ(next.frames[0].attempt, 1);
}

TEST(ClientEpoch, TheRoundTripIsKeptAndTheWindowStartsAfresh) {
  ClientStory::Options options;
  options.policy.adaptive = true;
  ClientStory story{options};
  story.ask();
  story.sent();
  story.now += 10ms;
  story.hear_bare(0);
  story.pass(2s);
  EXPECT_LT(story.core.congestion_window(), 10);
  story.restart(1h);
  story.hear_bare(1);
  EXPECT_EQ(story.core.congestion_window(), 10);
  EXPECT_EQ(story.core.smoothed_round_trip(), 10ms);
}

}  // namespace
}  // namespace volley
