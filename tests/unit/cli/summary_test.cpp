#include "cli/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/json.hpp"

namespace volley::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Quantile, IsUnknownWithoutSamples) {
  EXPECT_FALSE(quantile({}, 0.5));
}

TEST(Quantile, IsByNearestRank) {
  std::vector<Duration> samples;
  for (int i = 1; i <= 100; ++i) samples.push_back(i * 1us);
  EXPECT_EQ(quantile(samples, 0), 1us);
  EXPECT_EQ(quantile(samples, 0.5), 50us);
  EXPECT_EQ(quantile(samples, 0.9), 90us);
  EXPECT_EQ(quantile(samples, 0.99), 99us);
  EXPECT_EQ(quantile(samples, 1), 100us);
  EXPECT_EQ(quantile(std::vector<Duration>{7us}, 0.5), 7us);
  EXPECT_EQ(quantile(std::vector<Duration>{7us}, 0.99), 7us);
}

TEST(Tally, CountsHowRawRequestsEnded) {
  Tally tally{true};
  tally.add({.ended = Ended::kReply, .round_trip = 20us});
  tally.add({.ended = Ended::kReply});
  tally.add({.ended = Ended::kNoAnswer, .error = Error{ErrorCode::kTimedOut, 0, "late"}});
  tally.add({.ended = Ended::kRefused, .error = Error{ErrorCode::kRefused, 0, "refused"}});
  EXPECT_EQ(tally.ended(), 4U);
  EXPECT_EQ(tally.refused(), 1U);
  const Tally::Total total{.peer = "127.0.0.1:1",
                           .attempts = 9,
                           .window = 16,
                           .elapsed = 500ms,
                           .counts = {.requests = 4}};
  const std::string json = tally.json(total, {}).dump();
  EXPECT_THAT(json, HasSubstr(R"("requests":4,"answered":2,"no_answer":1,"refused":1)"));
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("not_executed":0,"executed_reply_lost":0,"unknown":2,"reason":null,"attempts":9)"));
  EXPECT_THAT(json, HasSubstr(R"("seconds":0.5,"rate":4.0)"));
  EXPECT_THAT(json, HasSubstr(R"("rtt_us":{"min":20.0,"p50":20.0)"));
  EXPECT_THAT(json, HasSubstr(R"("strangers":null)"));
  EXPECT_THAT(tally.text(total), HasSubstr("2 answered, 1 without an answer, 1 refused"));
  EXPECT_THAT(tally.text(total), HasSubstr("9 datagrams sent in"));
  EXPECT_THAT(tally.text(total), HasSubstr("round trip: least 20 µs, median 20 µs, 90% 20 µs"));
  tally.clear();
  EXPECT_EQ(tally.ended(), 0U);
  EXPECT_THAT(tally.json(total, {}).dump(), HasSubstr(R"("rtt_us":{"min":null)"));
}

TEST(Tally, TellsTheOutcomesOfClearMode) {
  Tally tally{false};
  tally.add({.ended = Ended::kReply, .status = 0});
  tally.add({.ended = Ended::kNotExecuted, .error = Error{.message = "busy"}});
  tally.add({.ended = Ended::kExecutedReplyLost, .error = Error{.message = "gone"}});
  tally.add({.ended = Ended::kUnknown, .error = Error{.message = "no answer"}});
  const Tally::Total total{.peer = "127.0.0.1:1", .attempts = 7, .counts = {.requests = 4}};
  const std::string json = tally.json(total, {}).dump();
  EXPECT_THAT(json, HasSubstr(R"("no_answer":null,"refused":null,"not_executed":1)"));
  EXPECT_THAT(json, HasSubstr(R"("executed_reply_lost":1,"unknown":1)"));
  EXPECT_THAT(tally.text(total),
              HasSubstr("1 answered, 1 not executed, 1 executed with the reply lost, 1 unknown"));
  EXPECT_THAT(tally.text(total), HasSubstr("7 attempts in"));
  EXPECT_EQ(tally.why(), "no answer");
}

}  // namespace
}  // namespace volley::cli
