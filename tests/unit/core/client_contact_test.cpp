// protocol.md §5.2: how a client that knows nothing of its server begins.

#include <gmock/gmock.h>

#include <chrono>

#include "client_story.hpp"
#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClientContact, SendsABareHeaderAndNothingElseUntilItIsAnswered) {
  ClientStory story;
  story.ask("one");
  story.ask("two");
  const Seen contact = story.sent().value();
  EXPECT_TRUE(contact.bare());
  EXPECT_EQ(contact.header,
            (ClearHeader{.client_id = ClientId{ClientStory::kClientId}, .note = 1}));
  EXPECT_FALSE(story.sent());

  story.hear_bare(0);
  const Seen first = story.sent().value();
  EXPECT_EQ(first.header.epoch, Epoch{story.epoch});
  EXPECT_EQ(first.header.ticket, Ticket{story.ticket});
  EXPECT_EQ(first.header.turn, 1) << "it changed its epoch once";
  EXPECT_THAT(first.numbers(), ElementsAre(1, 2));
}

TEST(ClientContact, SendsNothingWhileNobodyAsks) {
  ClientStory story;
  EXPECT_FALSE(story.sent());
  EXPECT_FALSE(story.core.next_timeout());
}

TEST(ClientContact, RepeatsItByTheWaitsAsLongAsARequestIsQueued) {
  ClientStory story;
  const Instant start = story.now;
  story.ask();
  EXPECT_THAT(story.pass(5s),
              ElementsAre(start, start + 100ms, start + 300ms, start + 700ms, start + 1500ms));
  const Answer answer = story.ended().value();
  EXPECT_EQ(answer.outcome, Outcome::kNotExecuted) << "no copy ever left";
  EXPECT_EQ(answer.reason, Reason::kNoAnswer);
  EXPECT_EQ(answer.attempts, 0U);
  EXPECT_EQ(answer.elapsed, 3100ms);
  EXPECT_FALSE(story.core.next_timeout());
}

TEST(ClientContact, AServerThatStaysSilentIsNotFloodedByRequestsThatGiveUpSoon) {
  ClientStory story;
  std::size_t contacts = 0;
  for (int i = 0; i < 1'000; ++i) {
    story.ask("hasty", {.timeout = 1ms});
    contacts += story.pass(1ms).size();
    EXPECT_EQ(story.ended()->outcome, Outcome::kNotExecuted);
  }
  EXPECT_LE(contacts, 11U);
  EXPECT_GE(contacts, 3U);
}

TEST(ClientContact, BeginsAnewWithTheFirstWaitAfterAPause) {
  ClientStory story;
  story.ask();
  story.pass(5s);
  story.ended();
  const Instant start = story.now;
  story.ask();
  EXPECT_THAT(story.pass(150ms), ElementsAre(start, start + 100ms));
}

TEST(ClientContact, ANewRequestDoesNotPayForTheLongWaitsOfOlderOnes) {
  ClientStory story;
  story.ask("patient", {.timeout = 1h});
  story.pass(1'600ms);
  EXPECT_THAT(story.pass(300ms), IsEmpty()) << "waiting till 3.1 s";
  const Instant asked = story.now;
  story.ask("new");
  EXPECT_THAT(story.pass(600ms), ElementsAre(asked + 100ms, asked + 200ms, asked + 400ms));
  story.hear_bare(0);
  EXPECT_TRUE(story.sent());
  EXPECT_FALSE(story.core.smoothed_round_trip()) << "it was sent more than once";
}

TEST(ClientContact, AClientThatLimitsItsAttemptsLimitsThese) {
  ClientStory::Options options;
  options.policy.max_attempts = 2;
  ClientStory story{options};
  const Instant start = story.now;
  story.ask();
  EXPECT_THAT(story.pass(299ms), ElementsAre(start, start + 100ms));
  EXPECT_FALSE(story.ended());
  EXPECT_THAT(story.pass(5s), IsEmpty());
  EXPECT_EQ(story.ended()->elapsed, 300ms);
}

TEST(ClientContact, GivesARoundTripIfItWasSentOnce) {
  ClientStory once;
  once.ask();
  once.sent();
  once.now += 30ms;
  once.hear_bare(0);
  EXPECT_EQ(once.core.smoothed_round_trip(), 30ms);

  ClientStory twice;
  twice.ask();
  twice.pass(150ms);
  twice.hear_bare(0);
  EXPECT_TRUE(twice.sent()) << "the request";
  EXPECT_FALSE(twice.core.smoothed_round_trip());
}

TEST(ClientContact, AnIdempotentRequestNeedsNoTicket) {
  ClientStory story;
  story.ask_idempotent("first");
  story.ask("second");
  const Seen contact = story.sent().value();
  EXPECT_EQ(contact.header.epoch, Epoch{});
  EXPECT_EQ(contact.header.turn, 0);
  ASSERT_EQ(contact.frames.size(), 1U) << "no other frame";
  EXPECT_TRUE(contact.frames[0].idempotent);
  EXPECT_FALSE(story.sent());

  story.hear({reply_to(1, "done")});
  EXPECT_EQ(as_text(story.ended()->body), "done");
  const Seen next = story.sent().value();
  EXPECT_EQ(next.header.epoch, Epoch{story.epoch}) << "any answer tells the epoch";
  EXPECT_THAT(next.numbers(), ElementsAre(2));
}

TEST(ClientContact, AnIdempotentRequestThatIsRefusedGoesAgainAtOnceWithTheTicket) {
  ClientStory story;
  story.ask_idempotent();
  EXPECT_EQ(story.sent()->header.ticket, Ticket{});
  story.hear_bare(0);
  const Seen again = story.sent().value();
  EXPECT_EQ(again.header.ticket, Ticket{story.ticket});
  EXPECT_EQ(again.frames[0].attempt, 2);
}

TEST(ClientContact, AnIdempotentRequestTooLongForADatagramWaitsForATicket) {
  ClientStory story;
  story.ask_idempotent(std::string(1'200, 'x'));
  EXPECT_TRUE(story.sent()->bare());
}

TEST(ClientContact, AfterAMinuteWithoutATicketOneDatagramGoesAhead) {
  ClientStory story;
  const std::string half(500, 'x');
  story.ask(half);
  story.meet();
  EXPECT_EQ(story.all_sent().size(), 1U);
  story.hear({reply_to(1)});
  story.now += 60s + 1ms;
  for (int i = 0; i < 6; ++i) story.ask(half);
  EXPECT_EQ(story.all_sent().size(), 1U);
  story.hear({reply_to(2)});
  EXPECT_EQ(story.all_sent().size(), 2U) << "it was accepted: so will the others be";

  story.hear({reply_to(3), reply_to(4), reply_to(5), reply_to(6), reply_to(7)});
  story.now += 60s;
  for (int i = 0; i < 6; ++i) story.ask(half);
  EXPECT_EQ(story.all_sent().size(), 3U) << "a minute is not too old";
}

TEST(ClientContact, SpeaksTheOctetsOfTheDocument) {
  ClientStory story;
  story.now = story.birth + 5'000ms;
  story.ask("ping");
  const auto golden = [](std::size_t number) { return octets(kGoldenDatagrams[number - 1].hex); };
  EXPECT_EQ(story.sent()->bytes, golden(1));
  story.now += 2ms;
  story.hear_bytes(golden(2));
  EXPECT_EQ(story.sent()->bytes, golden(3));
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  EXPECT_EQ(story.sent()->bytes, golden(5)) << "a copy";
  const auto reply = golden(6);  // What has ended borrows it.
  story.hear_bytes(reply);
  EXPECT_EQ(as_text(story.ended()->body), "pong");

  ClientStory pinging{{.first = Sequence{5}}};
  pinging.ask();
  pinging.meet_and_send();
  pinging.hear({reply_to(5)});
  pinging.secrets = {0x0011'2233'4455'6677};
  ASSERT_TRUE(pinging.core.ping(48, pinging.now));
  Seen ping = pinging.sent().value();
  ping.bytes[31] = std::byte{5};  // There 5 is unfinished, here it is finished.
  EXPECT_EQ(ping.bytes, golden(12));
  pinging.hear_bytes(golden(13));
  EXPECT_EQ(pinging.pong()->size, 48U);

  ClientStory eager;
  eager.ask("time", {.timeout = 1s, .idempotent = true});
  EXPECT_EQ(eager.sent()->bytes, golden(14));
}

}  // namespace
}  // namespace volley
