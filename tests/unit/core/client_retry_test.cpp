// protocol.md §5.5 to §5.7: waits, what is sent when they end, and what hastens it.

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ClientStory::Options patient() {
  ClientStory::Options options;
  options.policy.give_up = 1h;
  return options;
}

/// Adaptive, as by default, but without jitter.
ClientStory::Options adaptive() {
  ClientStory::Options options;
  options.policy.adaptive = true;
  return options;
}

TEST(ClientRetry, WaitsDoubleAndTheDeadlineIsExact) {
  ClientStory story;
  const RequestId request = story.ask();
  story.sent();
  story.now += 40ms;
  story.hear_bare(0);
  const Instant first = story.now;
  EXPECT_THAT(story.pass(10s),
              ElementsAre(first, first + 100ms, first + 300ms, first + 700ms, first + 1500ms));
  const Answer answer = story.ended().value();
  EXPECT_EQ(answer.attempts, 5U);
  EXPECT_EQ(answer.elapsed, 3100ms) << "counted from when it was made";
  EXPECT_EQ(story.last_ended, request);
}

TEST(ClientRetry, EveryCopySaysWhatIsLeftOfTheTime) {
  ClientStory story;
  story.ask("ask", {.timeout = 250ms + 1ns});
  story.meet();
  std::vector<unsigned> left;
  for (const Seen& seen : story.pass_and_see(1s)) left.push_back(seen.frames[0].ttl_ms);
  EXPECT_THAT(left, ElementsAre(251, 151)) << "rounded up";

  ClientStory endless;
  endless.ask("ask", {.timeout = Duration::max()});
  endless.meet();
  EXPECT_EQ(endless.sent()->frames[0].ttl_ms, 0);
}

TEST(ClientRetry, JitterOnlyLengthensAWaitAndOnlyToTheCap) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ClientStory::Options options;
    options.seed = seed;
    options.policy = kLocalPolicy;
    options.policy.adaptive = false;
    options.policy.give_up = 30s;
    ClientStory story{options};
    story.ask();
    story.meet();
    const std::vector<Instant> sends = story.pass(30s);
    Duration bare = 100ms;
    for (std::size_t i = 1; i < sends.size(); ++i) {
      const Duration wait = sends[i] - sends[i - 1];
      ASSERT_GE(wait, bare);
      ASSERT_LE(wait, std::min(bare + bare / 4, options.policy.cap));
      bare = std::min(2 * bare, options.policy.cap);
    }
    ASSERT_GT(sends.size(), 15U);
  }
}

TEST(ClientRetry, TheFirstWaitIsTheTimeoutWhenTheFirstCopyIsSent) {
  ClientStory story{adaptive()};
  story.ask();
  story.sent();
  story.now += 20ms;
  story.hear_bare(0);
  const Instant first = story.now;
  // srtt 20 ms, variation 10 ms.
  EXPECT_THAT(story.pass(200ms), ElementsAre(first, first + 60ms, first + 180ms));
}

TEST(ClientRetry, AnAnswerToTheFirstCopyIsASampleHoweverLateItComes) {
  ClientStory story{adaptive()};
  story.ask();
  story.meet();
  EXPECT_EQ(story.core.smoothed_round_trip(), 0ms);
  EXPECT_THAT(story.pass(30ms), SizeIs(3)) << "5, 10 and 20 ms: the path is slower than that";
  story.hear({reply_to(1, "", 1)});
  EXPECT_EQ(story.core.smoothed_round_trip(), Duration{30ms} / 8);
  EXPECT_EQ(story.ended()->round_trip, 30ms);
}

TEST(ClientRetry, AnAnswerToACopyInBetweenIsNone) {
  ClientStory story{adaptive()};
  story.ask();
  story.meet();
  EXPECT_THAT(story.pass(30ms), SizeIs(3));
  story.hear({reply_to(1, "", 2)});
  EXPECT_EQ(story.core.smoothed_round_trip(), 0ms);
  EXPECT_FALSE(story.ended()->round_trip);
}

TEST(ClientRetry, WhatSharedADatagramGivesOneSample) {
  ClientStory story{adaptive()};
  for (int i = 0; i < 3; ++i) story.ask();
  story.meet_and_send();
  story.now += 8ms;
  story.core.handle_timeout(story.now);
  story.hear({reply_to(1), reply_to(2), reply_to(3)});
  EXPECT_EQ(story.core.smoothed_round_trip(), 1ms) << "once an eighth of 8 ms, not three times";
}

TEST(ClientRetry, OnlyTheFirstAnswerToAnAttemptIsASample) {
  ClientStory story{adaptive()};
  story.ask();
  story.meet_and_send();
  story.now += 4ms;
  Frame prompt = working_on(1);
  prompt.deferred = false;
  story.hear({prompt});
  EXPECT_EQ(story.core.smoothed_round_trip(), Duration{4ms} / 8);
  story.now += 2ms;
  story.hear({reply_to(1)});
  EXPECT_EQ(story.core.smoothed_round_trip(), Duration{4ms} / 8);
  EXPECT_FALSE(story.ended()->round_trip);
}

TEST(ClientRetry, AfterTwoMinutesItAsksOnlyWhatBecameOfIt) {
  ClientStory story{patient()};
  story.ask();
  story.meet();
  const Instant start = story.now;
  std::size_t probes = 0;
  Instant last_copy;
  Instant first_probe = Instant::max();
  while (story.now < start + 200s) {
    for (const Seen& seen : story.all_sent()) {
      const bool probe = seen.frames[0].type == FrameType::kProbe;
      probes += probe ? 1 : 0;
      (probe ? first_probe : last_copy) = probe ? std::min(first_probe, story.now) : story.now;
    }
    story.now = story.core.next_timeout().value();
    story.core.handle_timeout(story.now);
  }
  EXPECT_LT(age(last_copy - start), 120s);
  EXPECT_GE(age(first_probe - start), 120s);
  EXPECT_GT(last_copy, start + 115s);
  EXPECT_GT(probes, 30U);
  EXPECT_EQ(story.core.counters().probes, probes);
}

TEST(ClientRetry, AnIdempotentRequestIsCopiedForEver) {
  ClientStory story{patient()};
  story.ask_idempotent();
  story.sent();
  story.hear_bare(0);
  story.pass(300s);
  EXPECT_EQ(story.core.counters().probes, 0U);
}

TEST(ClientRetry, OnceItWorksItIsProbedAndTheWaitBeginsAnew) {
  ClientStory story{patient()};
  story.ask();
  const Instant sent = story.now;
  story.meet_and_send();
  story.now += 60ms;
  story.hear({working_on(1)});
  const auto probes = story.pass_and_see(100ms);
  ASSERT_THAT(probes, SizeIs(1));
  EXPECT_EQ(story.now, sent + 160ms);
  EXPECT_EQ(probes[0].frames[0].type, FrameType::kProbe);
  EXPECT_EQ(probes[0].frames[0].attempt, 2);
  const Instant probed = story.now;
  story.now += 50ms;
  story.hear({working_on(1, 2)});
  EXPECT_THAT(story.pass(1s), ElementsAre(probed + 50ms + 200ms, probed + 50ms + 600ms))
      << "the present wait, not a longer one";
}

TEST(ClientRetry, WorkingTakesBackARetryThatTheWindowHeldUp) {
  ClientStory story{patient()};
  story.ask();
  story.meet_and_send();
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  story.hear({working_on(1)});
  EXPECT_FALSE(story.sent());
  EXPECT_THAT(story.pass(100ms), SizeIs(1));
}

TEST(ClientRetry, TheServerMayMakeAWaitLonger) {
  ClientStory story{patient()};
  story.ask();
  story.meet_and_send();
  const Instant sent = story.now;
  story.now += 10ms;
  story.hear({nack_of(1, NackCode::kOverload, 400)});
  EXPECT_THAT(story.pass(700ms), ElementsAre(sent + 410ms, sent + 610ms));
}

TEST(ClientRetry, TheServerCannotMakeAWaitShorter) {
  ClientStory story{patient()};
  story.ask_idempotent();
  story.sent();
  const Instant sent = story.now;
  story.hear({nack_of(1, NackCode::kBusy, 1)});
  EXPECT_THAT(story.pass(150ms), ElementsAre(sent + 100ms));
}

TEST(ClientRetry, ClientsThatLimitTheirAttemptsEndAfterTheLastWait) {
  ClientStory::Options options;
  options.policy.max_attempts = 2;
  ClientStory story{options};
  story.ask();
  const Instant start = story.now;
  story.meet();
  EXPECT_THAT(story.pass(299ms), ElementsAre(start, start + 100ms));
  EXPECT_FALSE(story.ended());
  EXPECT_THAT(story.pass(1ms), IsEmpty());
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
}

TEST(ClientRetry, WhatWasRefusedForItsTicketGoesAgainAtOnce) {
  ClientStory story{patient()};
  story.ask("one");
  story.ask("two");
  story.meet_and_send();
  const Instant sent = story.now;
  story.now += 30ms;
  story.ticket = 0x1234;
  story.hear_bare(1);
  const Seen again = story.sent().value();
  EXPECT_EQ(again.header.ticket, Ticket{0x1234});
  EXPECT_THAT(again.numbers(), ElementsAre(1, 2));
  EXPECT_EQ(again.frames[0].attempt, 2);
  EXPECT_EQ(story.core.counters().reductions, 0U);
  EXPECT_THAT(story.pass(400ms), ElementsAre(sent + 130ms, sent + 330ms))
      << "its wait is as long as the first one's";
}

TEST(ClientRetry, WhereEveryDatagramIsRefusedSendingSlowsDownAsForLoss) {
  ClientStory story{patient()};
  story.ask();
  story.meet();
  const Instant start = story.now;
  std::vector<Duration> sends;
  while (story.now < start + 10s) {
    while (story.sent()) {
      sends.push_back(story.now - start);
      // Behind an address translator that gives every datagram another port.
      ++story.ticket;
      story.hear_bare(1);
    }
    story.now = story.core.next_timeout().value();
    story.core.handle_timeout(story.now);
  }
  EXPECT_THAT(sends, ElementsAre(0s, 0s, 100ms, 100ms, 300ms, 300ms, 700ms, 700ms, 1500ms, 1500ms,
                                 3100ms, 3100ms, 5100ms, 5100ms, 7100ms, 7100ms, 9100ms, 9100ms));
}

TEST(ClientRetry, ABareHeaderWithTheSameTicketRefusesNothing) {
  ClientStory story{patient()};
  story.ask();
  story.meet_and_send();
  story.hear_bare(1);
  EXPECT_FALSE(story.sent());
}

TEST(ClientRetry, ATicketThatRepliesBringRefusesNothing) {
  ClientStory story{patient()};
  story.ask("one");
  story.ask("two");
  story.meet_and_send();
  story.ticket = 0x1234;
  story.hear({reply_to(1)});
  EXPECT_FALSE(story.sent());
  EXPECT_EQ(story.pass_and_see(100ms).at(0).header.ticket, Ticket{0x1234});
}

TEST(ClientRetry, AHintHastensARetryOnceUntilAWaitEnds) {
  ClientStory story{patient()};
  story.ask();
  story.meet_and_send();
  const Instant sent = story.now;
  for (int i = 0; i < 3; ++i) {
    story.core.handle_hint(ErrorCode::kRefused, story.now);
    EXPECT_EQ(story.sent().has_value(), i == 0);
  }
  EXPECT_THAT(story.pass(100ms), ElementsAre(sent + 100ms));
  story.core.handle_hint(ErrorCode::kRefused, story.now);
  EXPECT_TRUE(story.sent());
  EXPECT_EQ(story.core.counters().attempts, 4U);
  EXPECT_FALSE(story.ended()) << "it ends nothing";
}

TEST(ClientRetry, AttemptsAboveTwoHundredAndFiftyFiveAreAllSpelledSo) {
  ClientStory::Options options = patient();
  options.policy.cap = 100ms;
  ClientStory story{options};
  story.ask();
  story.meet();
  const auto seen = story.pass_and_see(30s);
  ASSERT_GT(seen.size(), 260U);
  EXPECT_EQ(seen[254].frames[0].attempt, 255);
  EXPECT_EQ(seen[255].frames[0].attempt, 255);
  story.hear({reply_to(1, "", 255)});
  const Answer answer = story.ended().value();
  EXPECT_FALSE(answer.round_trip);
  EXPECT_EQ(answer.attempts, seen.size());
}

TEST(ClientRetry, RequestsThatNeverGotTheirTurnEndAtTheirDeadline) {
  ClientStory story;
  const std::string large(60'000, 'x');
  story.ask(large);
  story.ask(large, {.timeout = 50ms});
  story.ask(large, {.timeout = 70ms});
  story.meet();
  EXPECT_THAT(story.all_sent(), SizeIs(1)) << "one at a time";
  story.pass(49ms);
  EXPECT_FALSE(story.ended());
  story.pass(1ms);
  EXPECT_EQ(story.ended()->elapsed, 50ms);
  story.pass(20ms);
  EXPECT_EQ(story.ended()->outcome, Outcome::kNotExecuted);
}

TEST(ClientRetry, WhatWasHastenedAndThenPutOffWaitsOutItsWait) {
  ClientStory story;
  story.ask();
  story.meet_and_send();
  story.hear({reply_to(1)});
  ASSERT_TRUE(story.ended());
  story.ask_idempotent();
  ASSERT_TRUE(story.sent());
  ++story.ticket;
  story.hear_bare(1);                             // It is to be sent again at once,
  story.hear({nack_of(2, NackCode::kBusy, 10)});  // and not for the next 10 ms.
  EXPECT_FALSE(story.sent());
  EXPECT_TRUE(story.pass(99ms).empty());
  EXPECT_EQ(story.pass(1ms).size(), 1U);
}

}  // namespace
}  // namespace volley
