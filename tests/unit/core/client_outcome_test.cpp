// protocol.md §5.8: every row of the table of outcomes, for every column.

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

/// One request in one column of the table: number 1, with a deadline long past all of this. The
/// time is that of its first copy.
enum class Column : std::uint8_t { kQueued, kSent, kWorking, kIdempotent, kIdempotentWorking };

struct Case {
  ClientStory story;
  RequestId request{};
  std::uint8_t attempt = 1;

  explicit Case(Column column) {
    const bool idempotent = column >= Column::kIdempotent;
    if (column == Column::kQueued) {
      request = story.ask("ask", {.timeout = 1h});
      return;
    }
    // Something else makes the first contact, so that this one is stamped.
    story.core.cancel(story.ask("before"), story.now);
    story.ended();
    const RequestId contact = story.ask("contact");
    story.meet();
    story.core.cancel(contact, story.now);
    story.ended();
    request = story.ask("ask", {.timeout = 1h, .idempotent = idempotent});
    EXPECT_EQ(story.sent()->frames.size(), 1U);
    if (column == Column::kWorking || column == Column::kIdempotentWorking) {
      story.hear({working_on(1)});
    }
  }

  /// To that age, by the protocol's measure. Its copies are lost.
  void grow_old(Duration age) {
    story.pass(age * 1'000 / 1'001 - (story.now - Instant{1h}));
    attempt = 0;
  }
  void hear_nack(NackCode code, std::uint32_t detail = 0) {
    story.hear({nack_of(1, code, detail)});
  }
  void hear_of_restart(Duration uptime) {
    const auto contact = story.core.counters().epochs;
    story.restart(uptime);
    story.hear_bare(1);
    EXPECT_EQ(story.core.counters().epochs, contact + 1);
  }
};

struct Row {
  std::string event;
  std::function<void(Case&)> happens;
  /// By column; nothing: it goes on.
  struct End {
    Outcome outcome;
    Reason reason;
  };
  std::vector<std::optional<End>> ends;
};

using End = Row::End;
const std::optional<End> kGoesOn;
constexpr End kReplied{Outcome::kReply, Reason::kNone};
constexpr End kRefused{Outcome::kNotExecuted, Reason::kBusy};
constexpr End kNeverSeen{Outcome::kNotExecuted, Reason::kNever};
constexpr End kForgotten{Outcome::kUnknown, Reason::kForgotten};
constexpr End kLostForgotten{Outcome::kExecutedReplyLost, Reason::kForgotten};
constexpr End kLostGone{Outcome::kExecutedReplyLost, Reason::kReplyGone};
constexpr End kLostRestarted{Outcome::kExecutedReplyLost, Reason::kRestarted};
constexpr End kUnknownRestarted{Outcome::kUnknown, Reason::kRestarted};
constexpr End kNotExecutedRestarted{Outcome::kNotExecuted, Reason::kRestarted};

const std::vector<Row> kRows = {
    {"REPLY",
     [](Case& c) { c.story.hear({reply_to(1)}); },
     {kGoesOn, kReplied, kReplied, kReplied, kReplied}},
    {"WORKING",
     [](Case& c) { c.story.hear({working_on(1)}); },
     {kGoesOn, kGoesOn, kGoesOn, kGoesOn, kGoesOn}},
    {"BUSY",
     [](Case& c) { c.hear_nack(NackCode::kBusy, 5); },
     {kGoesOn, kRefused, kLostForgotten, kGoesOn, kGoesOn}},
    {"NEVER",
     [](Case& c) { c.hear_nack(NackCode::kNever); },
     {kGoesOn, kNeverSeen, kLostForgotten, kGoesOn, kGoesOn}},
    {"BUSY, young by a hair",
     [](Case& c) {
       c.grow_old(240s - 12ms);
       c.hear_nack(NackCode::kBusy);
     },
     {kGoesOn, kRefused, kLostForgotten, kGoesOn, kGoesOn}},
    {"BUSY, old",
     [](Case& c) {
       c.grow_old(240s);
       c.hear_nack(NackCode::kBusy);
     },
     {kGoesOn, kForgotten, kLostForgotten, kGoesOn, kGoesOn}},
    {"NEVER, old",
     [](Case& c) {
       c.grow_old(240s);
       c.hear_nack(NackCode::kNever);
     },
     {kGoesOn, kForgotten, kLostForgotten, kGoesOn, kGoesOn}},
    {"REPLY_GONE",
     [](Case& c) { c.hear_nack(NackCode::kReplyGone); },
     {kGoesOn, kLostGone, kLostGone, kLostGone, kLostGone}},
    {"OVERLOAD",
     [](Case& c) { c.hear_nack(NackCode::kOverload, 5); },
     {kGoesOn, kGoesOn, kGoesOn, kGoesOn, kGoesOn}},
    {"new epoch, age < U",
     [](Case& c) {
       c.story.now += 1s;
       if (c.story.core.counters().sent > 0) c.hear_of_restart(2s);
     },
     {kGoesOn, kGoesOn, kLostRestarted, kGoesOn, kGoesOn}},
    {"new epoch, age < U, over 120 s",
     [](Case& c) {
       c.grow_old(121s);
       if (c.story.core.counters().epochs > 0) c.hear_of_restart(200s);
     },
     {kGoesOn, kNotExecutedRestarted, kLostRestarted, kGoesOn, kGoesOn}},
    {"new epoch, age >= U",
     [](Case& c) {
       c.story.now += 1s;
       if (c.story.core.counters().sent > 0) c.hear_of_restart(1'011ms);
     },
     {kGoesOn, kUnknownRestarted, kLostRestarted, kGoesOn, kGoesOn}},
    {"deadline",
     [](Case& c) { c.story.pass(1h); },
     {End{Outcome::kNotExecuted, Reason::kNoAnswer}, End{Outcome::kUnknown, Reason::kNoAnswer},
      End{Outcome::kExecutedReplyLost, Reason::kNoAnswer},
      End{Outcome::kUnknown, Reason::kNoAnswer},
      End{Outcome::kExecutedReplyLost, Reason::kNoAnswer}}},
    {"cancelled",
     [](Case& c) { c.story.core.cancel(c.request, c.story.now); },
     {End{Outcome::kNotExecuted, Reason::kCancelled}, End{Outcome::kUnknown, Reason::kCancelled},
      End{Outcome::kExecutedReplyLost, Reason::kCancelled},
      End{Outcome::kUnknown, Reason::kCancelled},
      End{Outcome::kExecutedReplyLost, Reason::kCancelled}}},
    {"ICMP error",
     [](Case& c) { c.story.core.handle_hint(ErrorCode::kUnreachable, c.story.now); },
     {kGoesOn, kGoesOn, kGoesOn, kGoesOn, kGoesOn}},
};

TEST(ClientOutcome, IsWhatTheTableSays) {
  for (const Row& row : kRows) {
    for (std::size_t column = 0; column < row.ends.size(); ++column) {
      SCOPED_TRACE(row.event + ", column " + std::to_string(column));
      Case played{static_cast<Column>(column)};
      row.happens(played);
      const auto ended = played.story.ended();
      ASSERT_EQ(ended.has_value(), row.ends[column].has_value());
      if (!ended) {
        EXPECT_EQ(played.story.core.in_flight(), 1U);
        continue;
      }
      EXPECT_EQ(ended->outcome, row.ends[column]->outcome)
          << describe(*ended, played.story.kServer);
      EXPECT_EQ(ended->reason, row.ends[column]->reason);
      EXPECT_EQ(played.story.last_ended, played.request);
      EXPECT_FALSE(played.story.ended()) << "one outcome, and no other";
      EXPECT_EQ(played.story.core.in_flight(), 0U);
    }
  }
}

TEST(ClientOutcome, TheDeadlineSaysOverloadedIfThatWasTheLastAnswer) {
  Case overloaded{Column::kSent};
  overloaded.hear_nack(NackCode::kOverload, 1'000);
  overloaded.story.pass(2h);
  EXPECT_EQ(overloaded.story.ended()->reason, Reason::kOverloaded);

  Case then_working{Column::kIdempotent};
  then_working.hear_nack(NackCode::kOverload, 1'000);
  then_working.hear_nack(NackCode::kBusy, 1'000);
  then_working.story.pass(2h);
  EXPECT_EQ(then_working.story.ended()->reason, Reason::kNoAnswer);
}

TEST(ClientOutcome, AReplyBringsItsStatusAndBody) {
  Case played{Column::kSent};
  played.story.now += 3ms;
  Frame reply = reply_to(1, "body");
  reply.status = 9;
  played.story.hear({reply});
  const Answer answer = played.story.ended().value();
  EXPECT_TRUE(answer);
  EXPECT_EQ(answer.status, 9);
  EXPECT_EQ(as_text(answer.body), "body");
  EXPECT_EQ(answer.attempts, 1U);
  EXPECT_EQ(answer.elapsed, 3ms);
  EXPECT_EQ(answer.round_trip, 3ms);
}

TEST(ClientOutcome, ADeferredReplyMeasuresNothing) {
  Case played{Column::kSent};
  played.story.now += 3ms;
  played.story.hear({late_reply_to(1)});
  EXPECT_FALSE(played.story.ended()->round_trip);
}

TEST(ClientOutcome, ManyFramesOfOneDatagramActInTheirOrder) {
  Case played{Column::kSent};
  played.story.ask("second");
  played.story.sent();
  played.story.hear({working_on(1), working_on(2), nack_of(1, NackCode::kNever), reply_to(2)});
  EXPECT_EQ(played.story.ended()->outcome, Outcome::kExecutedReplyLost) << "WORKING came first";
  EXPECT_EQ(played.story.ended()->outcome, Outcome::kReply);
}

TEST(ClientOutcome, TheLastHintNamesTheCauseIfItCameInTime) {
  Case before{Column::kSent};
  before.story.core.handle_hint(ErrorCode::kUnreachable, before.story.now + 1ms);
  before.story.now += 1ms;
  before.story.core.cancel(before.request, before.story.now);
  EXPECT_EQ(before.story.ended()->hint, ErrorCode::kUnreachable);

  before.story.now += 1s;
  before.story.core.cancel(before.story.ask("after"), before.story.now);
  EXPECT_FALSE(before.story.ended()->hint);
}

TEST(ClientOutcome, CancellingWhatHasEndedDoesNothing) {
  Case played{Column::kSent};
  played.story.hear({reply_to(1)});
  played.story.core.cancel(played.request, played.story.now);
  played.story.core.cancel(RequestId{}, played.story.now);
  EXPECT_TRUE(played.story.ended());
  EXPECT_FALSE(played.story.ended());
}

}  // namespace
}  // namespace volley
