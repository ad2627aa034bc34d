// Requests in pages (core/request_page.hpp): that nobody who looks from outside can tell.

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "allocation_count.hpp"
#include "base/random.hpp"
#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// A client that knows its server, so that what it asks now goes into pages.
struct Met : ClientStory {
  explicit Met(std::size_t datagram_size = 1'200, std::size_t window = 1'024)
      : ClientStory{patient(datagram_size, window)} {
    ask("hello");
    meet_and_send();
    hear({reply_to(1)});
    EXPECT_TRUE(ended());
  }
  static Options patient(std::size_t datagram_size, std::size_t window = 1'024) {
    Options options;
    options.window = window;
    options.policy.give_up = 1h;
    options.datagram_size = datagram_size;
    return options;
  }
};

std::vector<std::string> bodies(const Seen& seen) {
  std::vector<std::string> bodies;
  bodies.reserve(seen.frames.size());
  for (const Frame& frame : seen.frames) bodies.emplace_back(as_text(frame.body));
  return bodies;
}

TEST(ClientPages, GoOutAsTheyWereMade) {
  Met story;
  story.ask("a");
  story.ask_idempotent("");
  story.ask(std::string(70, 'c'));
  const Seen seen = story.sent().value();
  EXPECT_THAT(seen.numbers(), ElementsAre(2, 3, 4));
  EXPECT_THAT(bodies(seen), ElementsAre("a", "", std::string(70, 'c')));
  EXPECT_FALSE(seen.frames[0].idempotent);
  EXPECT_TRUE(seen.frames[1].idempotent);
  EXPECT_FALSE(story.sent());
}

TEST(ClientPages, TellEachTheTimeItHas) {
  Met story;
  story.ask("a", {.timeout = 30ms});
  story.ask("b", {.timeout = 20ms});
  story.ask("c", {.timeout = Duration::max()});
  story.ask("d", {.timeout = 30ms});
  story.now += 5ms;
  const Seen seen = story.sent().value();
  EXPECT_EQ(seen.frames[0].ttl_ms, 25);
  EXPECT_EQ(seen.frames[1].ttl_ms, 15);
  EXPECT_EQ(seen.frames[2].ttl_ms, 0);
  EXPECT_EQ(seen.frames[3].ttl_ms, 25);
  story.pass(15ms);
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
  EXPECT_FALSE(story.ended());
  story.pass(10ms);
  EXPECT_TRUE(story.ended());
  EXPECT_TRUE(story.ended());
  EXPECT_FALSE(story.ended());
}

TEST(ClientPages, WhatIsCancelledUnsentTakesNoNumber) {
  Met story;
  story.ask("a");
  const RequestId cancelled = story.ask("b");
  story.ask("c");
  story.core.cancel(cancelled, story.now);
  EXPECT_EQ(story.ended()->outcome, Outcome::kNotExecuted);
  story.ask("d");
  const Seen seen = story.sent().value();
  EXPECT_THAT(seen.numbers(), ElementsAre(2, 3, 4));
  EXPECT_THAT(bodies(seen), ElementsAre("a", "c", "d"));
}

TEST(ClientPages, WhoseTimeIsOverUnsentIsNotSent) {
  Met story;
  story.ask("a", {.timeout = 5ms});
  story.ask("b");
  story.now += 5ms;
  EXPECT_FALSE(story.sent());
  story.core.handle_timeout(story.now);
  EXPECT_EQ(story.ended()->outcome, Outcome::kNotExecuted);
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("b"));
}

TEST(ClientPages, WhatWasSentIsCancelledAlone) {
  Met story;
  story.ask("a");
  const RequestId cancelled = story.ask("b");
  story.sent();
  story.core.cancel(cancelled, story.now);
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
  story.hear({reply_to(2), reply_to(3)});
  EXPECT_EQ(story.ended()->attempts, 1U);
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.counters().late, 1U);
}

/// Replies that stand one behind the other, alike but for their numbers, end their requests one by
/// one all the same.
TEST(ClientPages, RepliesAlikeEndTheirOwnRequestsOnly) {
  Met story;
  story.ask("a");
  const RequestId cancelled = story.ask("b");
  for (const char* const body : {"c", "d"}) story.ask(body);
  story.sent();
  story.core.cancel(cancelled, story.now);
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
  // The cancelled one left its page, and the others with it. These are in another.
  for (const char* const body : {"e", "f", "g"}) story.ask(body);
  story.sent();
  story.hear({reply_to(7)});
  EXPECT_TRUE(story.ended());
  story.now += 1ms;
  story.hear({reply_to(2), reply_to(3), reply_to(4), reply_to(5), reply_to(6), reply_to(7),
              reply_to(8), reply_to(9)});
  // 3 was cancelled, 7 answered; 9 was never sent.
  EXPECT_EQ(story.core.counters().late, 3U);
  for (int i = 0; i < 5; ++i) {
    const auto answer = story.ended();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->elapsed, 1ms);
    EXPECT_EQ(as_text(answer->body), "reply");
  }
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.in_flight(), 0U);
  EXPECT_EQ(story.core.counters().replies, 1U + 1U + 5U);
}

/// Its times are the page's only as long as all there have the same.
TEST(ClientPages, EachTookAsLongAsItTook) {
  Met story;
  for (const char* const body : {"a", "b"}) story.ask(body);
  story.now += 2ms;
  for (const char* const body : {"c", "d"}) story.ask(body);
  story.now += 3ms;
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("a", "b", "c", "d"));
  for (const char* const body : {"e", "f"}) story.ask(body);
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("e", "f"));
  story.now += 10ms;
  story.hear({reply_to(2), reply_to(3), reply_to(4), reply_to(5), reply_to(6), reply_to(7)});
  for (const Duration elapsed : {15ms, 15ms, 13ms, 13ms, 10ms, 10ms}) {
    const Answer answer = story.ended().value();
    EXPECT_EQ(answer.elapsed, elapsed);
    EXPECT_EQ(answer.round_trip, 10ms);
  }
}

TEST(ClientPages, WhatIsSentAgainIsWhatWasSent) {
  Met story;
  for (const char* const body : {"a", "b", "c"}) story.ask(body);
  story.sent();
  story.hear({reply_to(3)});
  EXPECT_TRUE(story.ended());
  // Others in the memory that they leave.
  const auto again = story.pass_and_see(100ms);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_THAT(bodies(again[0]), ElementsAre("a", "c"));
  EXPECT_THAT(again[0].numbers(), ElementsAre(2, 4));
  for (int i = 0; i < 3; ++i) story.ask("other");
  story.all_sent();
  const auto third = story.pass_and_see(200ms);
  ASSERT_FALSE(third.empty());
  std::vector<std::string> all;
  for (const Seen& seen : third) {
    for (const std::string& body : bodies(seen)) all.push_back(body);
  }
  EXPECT_THAT(all, ::testing::IsSupersetOf({"a", "c"}));
  story.hear({reply_to(2, "late", 2), reply_to(4, "late", 1)});
  EXPECT_EQ(story.ended()->attempts, 3U);
  EXPECT_EQ(story.ended()->attempts, 3U);
}

TEST(ClientPages, OneThatIsWorkedOnLeavesTheOthersAsTheyAre) {
  Met story;
  for (const char* const body : {"a", "b", "c"}) story.ask(body);
  story.sent();
  story.now += 1ms;
  story.hear({reply_to(2), working_on(3), nack_of(4, NackCode::kBusy)});
  EXPECT_EQ(story.ended()->round_trip, 1ms);
  EXPECT_EQ(story.ended()->outcome, Outcome::kNotExecuted);
  story.hear({late_reply_to(3)});
  const Answer answer = story.ended().value();
  EXPECT_TRUE(answer);
  EXPECT_FALSE(answer.round_trip);
  EXPECT_EQ(story.core.in_flight(), 0U);
}

/// Eight numbers have a place each with this window, and the ninth has that of the first.
TEST(ClientPages, WhatLeavesOneLeavesWhoTookItsNumbersPlace) {
  Met story{1'200, 4};
  for (const char* const body : {"2", "3", "4", "5"}) story.ask(body);
  story.sent();
  story.hear({reply_to(2), reply_to(3), reply_to(4)});
  while (story.ended()) continue;
  for (const char* const body : {"6", "7", "8"}) story.ask(body);
  story.sent();
  story.hear({reply_to(6), reply_to(7), reply_to(8)});
  while (story.ended()) continue;
  story.now += 1ms;
  for (const char* const body : {"9", "10", "11"}) story.ask(body);
  EXPECT_THAT(story.sent().value().numbers(), ElementsAre(9, 10, 11));
  story.hear({working_on(5)});
  story.now += 1ms;
  story.hear({reply_to(11), reply_to(10), reply_to(9)});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(story.ended()->elapsed, 1ms);
  EXPECT_FALSE(story.ended());
  story.hear({late_reply_to(5)});
  EXPECT_EQ(story.ended()->elapsed, 2ms);
}

TEST(ClientPages, WhatNobodySentIsNoAnswer) {
  Met story;
  story.ask("a");
  story.hear({reply_to(2)});
  EXPECT_EQ(story.core.counters().late, 1U) << "it has no number yet";
  story.sent();
  story.hear({reply_to(2, "reply", 2)});
  EXPECT_EQ(story.core.counters().unsent, 1U);
  EXPECT_FALSE(story.ended());
  story.hear({reply_to(2)});
  EXPECT_TRUE(story.ended());
}

TEST(ClientPages, ARestartEndsThemOrAsksAnew) {
  Met story;
  story.ask("a");
  story.sent();
  story.ask("b");
  story.now += 20ms;
  story.restart(10ms);
  story.hear_bare(1);
  EXPECT_EQ(story.ended()->outcome, Outcome::kUnknown);
  EXPECT_FALSE(story.ended());
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("b"));

  story.now += 20ms;
  story.restart(1s);
  story.hear_bare(2);
  EXPECT_FALSE(story.ended()) << "the server lived when it was sent";
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("b"));
}

TEST(ClientPages, ADatagramIsFullOfRequestsThatShareAFrame) {
  Met story;
  for (int i = 0; i < 5; ++i) story.ask(std::string(289, 'x'));
  const Seen full = story.sent().value();
  EXPECT_EQ(full.bytes.size(), kDatagramSize);
  EXPECT_EQ(full.frames.size(), 4U);
  EXPECT_EQ(story.sent().value().frames.size(), 1U);
}

TEST(ClientPages, ADatagramHasSoManyRequestsAtMostHoweverShortTheyAre) {
  Met story{16'376};
  for (int i = 0; i < 300; ++i) story.ask("x");
  EXPECT_EQ(story.sent().value().frames.size(), 256U);
  EXPECT_EQ(story.sent().value().frames.size(), 44U);
}

TEST(ClientPages, WhatIsTooLongSharesNoFrameWithWhatItsLengthLooksLike) {
  Met story;
  story.ask(std::string(64, 'x'));
  const std::string long_body((std::size_t{1} << 16U) + 64, 'x');
  const auto refused = story.core.request(as_bytes(long_body), {}, story.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(story.sent().value().frames.size(), 1U);
}

TEST(ClientPages, RequestsOfOtherTimesShareAFrameIfItSaysWhatIsLeftOfThem) {
  Met story;
  story.ask("one", {.timeout = 5s});
  story.now += 100us;
  story.ask("two", {.timeout = 5s});
  story.now += 10ms;
  story.ask("six", {.timeout = 4s});
  story.now += 10ms;
  const Seen seen = story.sent().value();
  EXPECT_EQ(seen.bytes.size(), kHeaderSize + 24 + 9);
  ASSERT_EQ(seen.frames.size(), 3U);
  EXPECT_EQ(seen.frames[0].ttl_ms, 4'980);  // Of the first: the second has 0.1 ms more.
  EXPECT_EQ(seen.frames[1].ttl_ms, 4'980);
  EXPECT_EQ(seen.frames[2].ttl_ms, 3'990);
}

TEST(ClientPages, RepliesAlikeCountAsManyInTheWindow) {
  // protocol.md §7: r, and so what may be sent at once, follows from the octets that replies took,
  // together or apart: 3 × 300 and a head, or 3 × (292 and a head).
  std::vector<std::size_t> sent;
  for (const bool together : {true, false}) {
    Met story;
    for (int i = 0; i < 3; ++i) story.ask();
    story.sent();
    const std::string body(together ? 300 : 292, 'x');
    if (together) {
      story.hear({reply_to(2, body), reply_to(3, body), reply_to(4, body)});
    } else {
      for (const std::uint32_t number : {2, 3, 4}) story.hear({reply_to(number, body)});
    }
    while (story.ended()) continue;
    for (int i = 0; i < 1'000; ++i) story.ask("x");
    std::size_t requests = 0;
    for (const Seen& seen : story.all_sent()) requests += seen.frames.size();
    sent.push_back(requests);
  }
  EXPECT_EQ(sent[0], sent[1]);
  EXPECT_LT(sent[0], 500U);
}

TEST(ClientPages, WhenAllAreAnsweredTheServerIsTold) {
  Met story;
  const std::string large(60'000, 'x');
  for (int i = 0; i < 3; ++i) story.ask();
  story.sent();
  for (const std::uint32_t number : {2, 3, 4}) {
    story.hear({reply_to(number, large)});
    EXPECT_TRUE(story.ended());
  }
  const auto told = story.pass_and_see(10s);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_TRUE(told[0].bare());
  EXPECT_EQ(told[0].header.note, 5U);
}

TEST(ClientPages, WhenAllOfTheFormerClientIdAreAnsweredTheServerIsTold) {
  ClientStory::Options options = Met::patient(1'200);
  options.first = Sequence{0x7fff'fffd};
  ClientStory story{options};
  story.ask("hello");
  story.meet_and_send();
  story.hear({reply_to(0x7fff'fffd)});
  for (int i = 0; i < 3; ++i) story.ask();
  EXPECT_THAT(story.all_sent(), SizeIs(2)) << "each client_id has datagrams of its own";
  story.hear({reply_to(0x7fff'fffe), reply_to(0x7fff'ffff)});
  const Seen last = story.sent().value();
  EXPECT_TRUE(last.bare());
  EXPECT_EQ(last.header.client_id, ClientId{ClientStory::kClientId});
  EXPECT_EQ(last.header.note, 0x8000'0000U);
}

TEST(ClientPages, AnIcmpErrorHastensThem) {
  Met story;
  story.ask("a");
  story.ask("b");
  story.sent();
  story.core.handle_hint(ErrorCode::kRefused, story.now);
  EXPECT_THAT(bodies(story.sent().value()), ElementsAre("a", "b"));
}

TEST(ClientPages, ALargeRequestGoesAloneAndInItsTurn) {
  Met story;
  story.ask("a");
  story.ask(std::string(3'000, 'x'));
  story.ask("b");
  std::vector<std::uint32_t> numbers;
  for (const Seen& seen : story.all_sent()) {
    EXPECT_TRUE(seen.bytes.size() <= kDatagramSize || seen.frames.size() == 1);
    for (const std::uint32_t number : seen.numbers()) numbers.push_back(number);
  }
  EXPECT_THAT(numbers, ElementsAre(2, 3, 4));
}

// protocol.md §8.2: what is made before the first is sent goes in runs, whatever the sizes.
TEST(ClientPages, MakeRunsOfOneLength) {
  Met story;
  Random random{7};
  for (int i = 0; i < 500; ++i) story.ask(std::string(random.below(64), 'x'));
  const auto all = story.all_sent();
  ASSERT_GT(all.size(), 9U);
  std::map<std::size_t, int> lengths;
  for (const Seen& seen : all) ++lengths[seen.bytes.size()];
  EXPECT_GE(lengths.rbegin()->second, static_cast<int>(all.size()) - 2);
}

// An answer may leave one request in each page, to be asked for again much later: what is kept for
// it is no page, as soon as there would be too many.
TEST(ClientPages, AreNotKeptForTheFewThatWait) {
  Met story;
  std::uint32_t number = 2;
  while (story.core.congestion_window() < 1'000) {  // In no pages.
    for (int i = 0; i < 1'000; ++i) story.ask(std::string(2'000, 'x'));
    while (story.sent()) continue;
    for (const std::uint32_t end = number + 1'000; number < end; ++number) {
      story.hear({reply_to(number, "")});
      story.all_sent();
      ASSERT_TRUE(story.ended());
    }
  }
  const std::size_t before = allocated_bytes();
  for (int page = 0; page < 1'000; ++page) {
    story.ask("left behind");
    story.ask("answered");
    ASSERT_TRUE(story.sent());
    story.hear({reply_to(number + 1)});
    ASSERT_TRUE(story.ended());
    number += 2;
  }
  EXPECT_EQ(story.core.in_flight(), 1'000U);
  EXPECT_LT(allocated_bytes() - before, 750'000U) << "a page for each were 1,168,000";
}

}  // namespace
}  // namespace volley
