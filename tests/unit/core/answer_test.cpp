#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include <volley/answer.hpp>

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};

TEST(Answer, NamesEachOutcome) {
  EXPECT_EQ(to_string(Outcome::kReply), "reply");
  EXPECT_EQ(to_string(Outcome::kNotExecuted), "not_executed");
  EXPECT_EQ(to_string(Outcome::kExecutedReplyLost), "executed_reply_lost");
  EXPECT_EQ(to_string(Outcome::kUnknown), "unknown");
}

TEST(Answer, IsASentence) {
  EXPECT_EQ(
      describe(
          {.outcome = Outcome::kReply, .reason = Reason::kNone, .attempts = 2, .elapsed = 112ms},
          kServer),
      "127.0.0.1:1060 answered after 2 attempts in 112 ms");
  EXPECT_EQ(
      describe({.outcome = Outcome::kReply, .status = 7, .attempts = 1, .elapsed = 1ms}, kServer),
      "127.0.0.1:1060 answered with status 7 after 1 attempt in 1 ms");
  EXPECT_EQ(describe({.outcome = Outcome::kUnknown,
                      .reason = Reason::kNoAnswer,
                      .attempts = 5,
                      .elapsed = 3100ms},
                     kServer),
            "perhaps executed: no answer from 127.0.0.1:1060 after 5 attempts in 3.1 s: the server "
            "may be down");
  EXPECT_EQ(describe({.outcome = Outcome::kNotExecuted,
                      .reason = Reason::kNoAnswer,
                      .elapsed = 3100ms,
                      .hint = ErrorCode::kUnreachable},
                     kServer),
            "not executed: the request was not sent, for 127.0.0.1:1060 answered nothing in 3.1 s: "
            "the network says that it cannot be reached; check the address and the route to it");
}

TEST(Answer, EachCaseThatCanBeHasItsOwnWords) {
  using enum Reason;
  const std::pair<Outcome, std::vector<Reason>> cases[] = {
      {Outcome::kNotExecuted, {kNoAnswer, kCancelled, kBusy, kNever, kRestarted}},
      {Outcome::kExecutedReplyLost, {kNoAnswer, kCancelled, kReplyGone, kRestarted, kForgotten}},
      {Outcome::kUnknown, {kNoAnswer, kCancelled, kOverloaded, kRestarted, kForgotten}},
  };
  std::set<std::string> words;
  for (const auto& [outcome, reasons] : cases) {
    for (const Reason reason : reasons) {
      const std::string text = describe({.outcome = outcome, .reason = reason}, kServer);
      EXPECT_TRUE(words.insert(text).second) << text;
      EXPECT_NE(text.find("127.0.0.1:1060"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace volley
