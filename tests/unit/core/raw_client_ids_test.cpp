#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <string>

#include "conversation.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

// A protocol whose requests begin with a two-byte ID, and whose replies have it after one byte of
// status.
RawClientCore::Options with_ids(std::size_t window = 16) {
  return {.server = kServer,
          .policy = exact_policy(),
          .window = window,
          .matcher = Matcher{Matcher::Field{.offset = 0, .size = 2, .reply_offset = 1}}};
}

TEST(RawClientIds, EachAnswerFindsItsRequestInWhateverOrderTheyCome) {
  Conversation talk{with_ids()};
  const RequestId first = talk.ask("AA first");
  const RequestId second = talk.ask("BB second");
  EXPECT_EQ(talk.sent(), "AA first");
  EXPECT_EQ(talk.sent(), "BB second");
  talk.hear("+BB");
  talk.hear("+AA");
  EXPECT_EQ(talk.finished()->request, second);
  EXPECT_EQ(talk.finished()->request, first);
}

TEST(RawClientIds, OneWhoForgesTheAddressButNotTheIdIsNotBelieved) {
  Conversation talk{with_ids()};
  talk.ask("AA");
  talk.sent();
  talk.hear("+CC forged");
  talk.hear("+");  // Too short for an ID.
  talk.hear("");
  talk.hear("+AA forged well, but from elsewhere", kStranger);
  EXPECT_FALSE(talk.finished());
  EXPECT_EQ(talk.core.counters().wrong_id, 3U);
  EXPECT_EQ(talk.core.counters().strangers, 1U);
  talk.hear("+AA");
  EXPECT_EQ(as_text(talk.finished()->body), "+AA");
}

TEST(RawClientIds, DuplicatesAndLateAnswersAreToldApart) {
  Conversation talk{with_ids()};
  talk.ask("AA", {.timeout = 50ms});
  talk.ask("BB");
  talk.wait_until(talk.now + 60ms);
  EXPECT_EQ(talk.finished()->outcome, RawOutcome::kNoAnswer);
  talk.hear("+BB");
  talk.hear("+BB");
  talk.hear("+AA");
  EXPECT_EQ(talk.core.counters().replies, 1U);
  EXPECT_EQ(talk.core.counters().duplicates, 1U);
  EXPECT_EQ(talk.core.counters().late, 1U);
  EXPECT_EQ(talk.core.counters().wrong_id, 0U);
}

TEST(RawClientIds, NothingAnswersARequestBeforeItIsSent) {
  Conversation talk{with_ids()};
  talk.ask("AA");
  talk.hear("+AA a lucky guess");
  EXPECT_EQ(talk.core.counters().wrong_id, 1U);
  EXPECT_EQ(talk.core.in_flight(), 1U);
}

TEST(RawClientIds, ABodyMustHoldAnIdThatIsNotInFlight) {
  Conversation talk{with_ids()};
  const auto error = [&](std::string_view body) {
    return talk.core.request(as_bytes(body), {}, talk.now).error();
  };
  EXPECT_EQ(error("A").code, ErrorCode::kInvalid);
  EXPECT_EQ(error("A").message,
            "a request of 1 bytes has no room for its ID, 2 bytes at offset 0; send at least 2 "
            "bytes");
  talk.ask("AA");
  EXPECT_EQ(error("AA").code, ErrorCode::kFull);
  EXPECT_EQ(talk.core.in_flight(), 1U) << "a refused request leaves nothing behind";
  EXPECT_EQ(talk.sent(), "AA");
  EXPECT_FALSE(talk.sent());
  talk.hear("+AA");
  EXPECT_TRUE(talk.core.request(as_bytes("AA"), {}, talk.now)) << "an ID may be used again";
}

TEST(RawClientIds, AFreshIdIsWrittenIntoTheBodyAndStaysTakenForAWhile) {
  Conversation talk{with_ids()};
  const MatchId id{.high = 0, .low = 0x4344};
  EXPECT_FALSE(talk.core.id_taken(id));
  talk.ask("?? body", {.fresh_id = id});
  EXPECT_TRUE(talk.core.id_taken(id));
  EXPECT_EQ(talk.sent(), "CD body");
  talk.wait_until(talk.now + 100ms);
  EXPECT_EQ(talk.core.counters().attempts, 2U);
  talk.hear("+CD");
  EXPECT_EQ(talk.finished()->attempts, 2U) << "a retry keeps the ID";
  EXPECT_TRUE(talk.core.id_taken(id)) << "the answer to the other copy is still to come";
  EXPECT_EQ(talk.core.request(as_bytes("?"), {.fresh_id = id}, talk.now).error().code,
            ErrorCode::kInvalid);
}

TEST(RawClientIds, HoweverFewIdsThereAreHalfOfThemStayFree) {
  auto options = with_ids(10'000);
  options.matcher = Matcher{Matcher::Field{.offset = 0, .size = 1, .reply_offset = 0}};
  Conversation talk{options};
  const auto free_id = [&]() -> std::optional<MatchId> {
    for (std::uint64_t number = 0; number < 256; ++number) {
      if (!talk.core.id_taken({.high = 0, .low = number})) return MatchId{.high = 0, .low = number};
    }
    return std::nullopt;
  };
  for (int round = 0; round < 50; ++round) {
    std::size_t asked = 0;
    for (; talk.core.has_room(); ++asked) {
      const auto id = free_id();
      ASSERT_TRUE(id);
      talk.ask("?", {.fresh_id = id});
    }
    EXPECT_EQ(asked, 64U);
    while (const auto request = talk.sent()) talk.hear(*request);
    while (talk.finished()) {
    }
  }
  int taken = 0;
  for (std::uint64_t number = 0; number < 256; ++number) {
    taken += talk.core.id_taken({.high = 0, .low = number}) ? 1 : 0;
  }
  EXPECT_EQ(taken, 64);
}

TEST(RawClientIds, ARefusalEndsEveryRequestThatWasSent) {
  Conversation talk{with_ids()};
  for (const auto* body : {"AA", "BB", "CC"}) talk.ask(body);
  talk.sent();
  talk.sent();
  talk.core.handle_refused(talk.now);
  EXPECT_EQ(talk.finished()->outcome, RawOutcome::kRefused);
  EXPECT_EQ(talk.finished()->outcome, RawOutcome::kRefused);
  EXPECT_FALSE(talk.finished());
  EXPECT_EQ(talk.sent(), "CC");
  talk.hear("+AA");
  EXPECT_EQ(talk.core.counters().late, 1U) << "given up, then answered after all";
}

TEST(RawClientIds, AUsersOwnFunctionsSayWhereTheIdIs) {
  const auto length_as_id = [](Bytes bytes) -> std::optional<MatchId> {
    if (bytes.empty()) return std::nullopt;
    return MatchId{.high = 1, .low = bytes.size()};
  };
  auto options = with_ids();
  options.matcher = Matcher{length_as_id, length_as_id};
  Conversation talk{options};
  EXPECT_EQ(talk.core.request({}, {}, talk.now).error().code, ErrorCode::kInvalid);
  talk.ask("three");
  talk.sent();
  talk.hear("four");
  EXPECT_FALSE(talk.finished());
  talk.hear("seven");
  EXPECT_TRUE(talk.finished());
}

TEST(RawClientIds, AnswersFitNoOlderRequestOfTheSameSlot) {
  Conversation talk{with_ids(1)};
  std::set<RequestId> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id{static_cast<char>('A' + i % 26), static_cast<char>('a' + i / 26)};
    const RequestId request = talk.ask(id);
    talk.sent();
    talk.hear("+" + id);
    EXPECT_EQ(talk.finished()->request, request);
    EXPECT_TRUE(seen.insert(request).second);
  }
}

}  // namespace
}  // namespace volley
