#include "core/raw_client_core.hpp"

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "conversation.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(RawClientCore, DeliversTheFirstAnswerAndMeasuresItsRoundTrip) {
  Conversation talk;
  const RequestId request = talk.ask("hello");
  EXPECT_EQ(talk.sent(), "hello");
  EXPECT_FALSE(talk.sent()) << "once is enough for now";
  talk.now += 30ms;
  talk.hear("5 bytes");

  const auto end = talk.finished();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->request, request);
  EXPECT_EQ(end->outcome, RawOutcome::kReply);
  EXPECT_EQ(as_text(end->body), "5 bytes");
  EXPECT_EQ(end->attempts, 1U);
  EXPECT_EQ(end->elapsed, 30ms);
  EXPECT_EQ(end->round_trip, 30ms);
  EXPECT_EQ(talk.rtt.smoothed(), 30ms);
  EXPECT_FALSE(talk.core.spent());
  EXPECT_FALSE(talk.core.next_timeout());
}

TEST(RawClientCore, AddressesEveryDatagramToTheServer) {
  Conversation talk;
  talk.ask("hello");
  std::array<std::byte, 100> buffer{};
  const auto transmit = talk.core.poll_transmit(buffer, talk.now);
  ASSERT_TRUE(transmit);
  EXPECT_EQ(transmit->peer, kServer);
  EXPECT_EQ(transmit->datagrams(), 1U);
}

TEST(RawClientCore, RetriesOnScheduleThenSaysThatNobodyAnswered) {
  Conversation talk;
  const Instant start = talk.now;
  talk.ask("hello");
  EXPECT_THAT(talk.wait_until(Instant::max()),
              ElementsAre(start, start + 100ms, start + 300ms, start + 700ms, start + 1500ms));
  const auto end = talk.finished();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, RawOutcome::kNoAnswer);
  EXPECT_EQ(end->attempts, 5U);
  EXPECT_EQ(end->elapsed, 3100ms);
  EXPECT_FALSE(end->round_trip);
  EXPECT_FALSE(end->hint);
  EXPECT_TRUE(talk.core.spent());
}

TEST(RawClientCore, ARequestsOwnTimeoutReplacesThePolicys) {
  Conversation talk;
  talk.ask("hello", {.timeout = 250ms});
  EXPECT_EQ(talk.wait_until(Instant::max()).size(), 2U);
  EXPECT_EQ(talk.finished()->elapsed, 250ms);
}

TEST(RawClientCore, ReportsEachWaitAsItBegins) {
  Conversation talk{{.server = kServer, .policy = exact_policy(), .report_waits = true}};
  const RequestId request = talk.ask("hello");
  std::vector<Duration> waits;
  while (talk.core.in_flight() > 0) {
    while (talk.sent()) {
    }
    while (const auto event = talk.core.poll_event()) {
      const auto& waiting = std::get<RawWaiting>(*event);
      EXPECT_EQ(waiting.request, request);
      waits.push_back(waiting.wait);
      EXPECT_EQ(waiting.attempt, waits.size());
    }
    talk.now = *talk.core.next_timeout();
    talk.core.handle_timeout(talk.now);
  }
  EXPECT_THAT(waits, ElementsAre(100ms, 200ms, 400ms, 800ms, 1600ms));
}

TEST(RawClientCore, KarnNoSampleFromACopyButItsWaitIsKept) {
  Conversation talk;
  talk.ask("hello");
  talk.wait_until(talk.now + 150ms);
  talk.hear("late by design");
  const auto end = talk.finished();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->attempts, 2U);
  EXPECT_FALSE(end->round_trip);
  EXPECT_FALSE(talk.rtt.smoothed());
  EXPECT_EQ(talk.rtt.timeout(), 200ms);
}

TEST(RawClientCore, BelievesNoStranger) {
  Conversation talk;
  talk.ask("hello");
  talk.sent();
  talk.hear("from another port", kStranger);
  talk.hear("from another address", {IpAddress::v4(127, 0, 0, 2), 1060});
  EXPECT_FALSE(talk.finished());
  EXPECT_EQ(talk.core.counters().strangers, 2U);
  talk.hear("from the server");
  EXPECT_EQ(as_text(talk.finished()->body), "from the server");
  EXPECT_FALSE(talk.core.spent()) << "strangers are no sign of a late answer";
}

TEST(RawClientCore, AScopeThatOneSideDoesNotNameDoesNotMatter) {
  const auto at = [](std::string_view text) { return Endpoint::parse(text).value_or(Endpoint{}); };
  const auto accepts = [&](std::string_view server, std::string_view peer) {
    Conversation talk{{.server = at(server), .policy = exact_policy()}};
    talk.ask("hello");
    talk.sent();
    talk.hear("answer", at(peer));
    return talk.finished().has_value();
  };
  EXPECT_TRUE(accepts("[fe80::1]:53", "[fe80::1%3]:53"));
  EXPECT_TRUE(accepts("[fe80::1%3]:53", "[fe80::1%3]:53"));
  EXPECT_FALSE(accepts("[fe80::1%3]:53", "[fe80::1%4]:53"));
  EXPECT_FALSE(accepts("[fe80::1]:53", "[fe80::2%3]:53"));
  EXPECT_FALSE(accepts("[fe80::1]:53", "[fe80::1%3]:54"));
  EXPECT_TRUE(accepts("127.0.0.1:53", "[::ffff:127.0.0.1]:53")) << "one address, two spellings";
}

TEST(RawClientCore, WhatComesUninvitedIsADuplicateOrLateAndSpendsTheSocket) {
  Conversation answered;
  answered.ask("one");
  answered.sent();
  answered.hear("answer");
  answered.hear("answer");
  EXPECT_EQ(answered.core.counters().duplicates, 1U);
  EXPECT_TRUE(answered.core.spent());

  Conversation given_up;
  given_up.ask("one");
  given_up.wait_until(Instant::max());
  given_up.hear("answer");
  EXPECT_EQ(given_up.core.counters().late, 1U);

  Conversation never_asked;
  never_asked.hear("answer");
  EXPECT_EQ(never_asked.core.counters().wrong_id, 1U);
  EXPECT_TRUE(never_asked.core.spent());
}

TEST(RawClientCore, ARequestThatEndsUnansweredSpendsTheSocketHoweverOftenItWasSent) {
  Conversation timed_out;
  timed_out.ask("once", {.timeout = 50ms});
  timed_out.wait_until(Instant::max());
  EXPECT_EQ(timed_out.finished()->attempts, 1U);
  EXPECT_TRUE(timed_out.core.spent());

  Conversation refused;
  refused.ask("once");
  refused.sent();
  refused.core.handle_refused(refused.now);
  EXPECT_TRUE(refused.core.spent());
}

TEST(RawClientCore, NothingAnswersARequestBeforeItIsSent) {
  Conversation talk;
  talk.ask("one");
  talk.sent();
  talk.hear("answer to one");
  ASSERT_TRUE(talk.finished());
  talk.ask("two");
  talk.hear("answer to one, again");
  EXPECT_FALSE(talk.finished());
  EXPECT_EQ(talk.core.counters().duplicates, 1U);
}

TEST(RawClientCore, ARefusalEndsTheRequestAtOnce) {
  Conversation talk;
  talk.ask("hello");
  talk.core.handle_refused(talk.now);
  EXPECT_FALSE(talk.finished()) << "what was not sent cannot have been refused";
  talk.sent();
  talk.now += 1ms;
  talk.core.handle_refused(talk.now);
  const auto end = talk.finished();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, RawOutcome::kRefused);
  EXPECT_EQ(end->elapsed, 1ms);
  EXPECT_EQ(talk.core.counters().refused, 2U);
  EXPECT_FALSE(talk.core.next_timeout());
}

TEST(RawClientCore, AHintEndsNothingButNamesTheCause) {
  Conversation talk;
  talk.core.handle_hint(ErrorCode::kTooLarge, talk.now);  // Of an older request's.
  talk.now += 1s;
  talk.ask("hello");
  talk.sent();
  EXPECT_EQ(talk.core.in_flight(), 1U);
  talk.wait_until(talk.now + 3100ms);
  EXPECT_FALSE(talk.finished()->hint);

  talk.ask("hello");
  talk.wait_until(talk.now + 200ms);
  talk.core.handle_hint(ErrorCode::kUnreachable, talk.now);
  EXPECT_EQ(talk.core.in_flight(), 1U);
  talk.wait_until(Instant::max());
  EXPECT_EQ(talk.finished()->hint, ErrorCode::kUnreachable);
}

TEST(RawClientCore, ARequestThatCanNeverBeSentEndsAtItsDeadlineToo) {
  Conversation talk;
  talk.ask("hello");
  EXPECT_EQ(talk.core.next_timeout(), talk.now + 3100ms);
  talk.now += 3100ms;
  EXPECT_FALSE(talk.sent()) << "too late to ask";
  EXPECT_EQ(talk.core.next_timeout(), talk.now);
  talk.core.handle_timeout(talk.now);
  EXPECT_EQ(talk.finished()->attempts, 0U);
}

TEST(RawClientCore, WhatDoesNotFitTheBufferStaysDue) {
  Conversation talk;
  talk.ask("hello");
  std::array<std::byte, 4> small{};
  EXPECT_FALSE(talk.core.poll_transmit(small, talk.now));
  EXPECT_EQ(talk.core.counters().attempts, 0U);
  EXPECT_EQ(talk.sent(), "hello");
}

TEST(RawClientCore, AnEmptyRequestIsADatagramToo) {
  Conversation talk;
  talk.ask("");
  EXPECT_EQ(talk.sent(), "");
  talk.hear("");
  EXPECT_EQ(talk.finished()->outcome, RawOutcome::kReply);
}

TEST(RawClientCore, RefusesWhatFitsNoDatagram) {
  Conversation talk;
  const std::string largest(kMaxPayload, 'x');
  EXPECT_EQ(talk.core.request(as_bytes(largest + "x"), {}, talk.now).error().code,
            ErrorCode::kTooLarge);
  talk.ask(largest);
  EXPECT_EQ(talk.sent(), largest);
}

TEST(RawClientCore, WithoutAMatcherCarriesOneRequestAtATime) {
  Conversation talk{{.server = kServer, .policy = exact_policy(), .window = 16}};
  talk.ask("one");
  EXPECT_FALSE(talk.core.has_room());
  const auto second = talk.core.request(as_bytes("two"), {}, talk.now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kFull);
}

TEST(RawClientCore, HoldsBackRatherThanLoseAnEventNobodyPolls) {
  Conversation talk{{.server = kServer, .policy = exact_policy(), .report_waits = true}};
  const RequestId request = talk.ask("hello");
  EXPECT_EQ(talk.wait_until(talk.now + 1s).size(), 1U) << "the next wait has no room";
  talk.hear("answer");
  EXPECT_FALSE(talk.core.has_room());
  EXPECT_TRUE(std::holds_alternative<RawWaiting>(*talk.core.poll_event()));
  EXPECT_EQ(std::get<RawFinished>(*talk.core.poll_event()).request, request);
  EXPECT_TRUE(talk.core.has_room());
}

}  // namespace
}  // namespace volley
