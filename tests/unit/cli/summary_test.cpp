#include "cli/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Spread, IsUnknownWithoutSamples) {
  EXPECT_FALSE(spread_of({}));
  EXPECT_EQ(to_json(std::nullopt).text(),
            R"({"min":null,"p50":null,"p90":null,"p99":null,"max":null})");
}

TEST(Spread, IsByNearestRank) {
  std::vector<Duration> samples;
  for (int i = 100; i >= 1; --i) samples.push_back(i * 1us);
  const auto spread = spread_of(samples);
  ASSERT_TRUE(spread);
  EXPECT_EQ(spread->min, 1us);
  EXPECT_EQ(spread->p50, 50us);
  EXPECT_EQ(spread->p90, 90us);
  EXPECT_EQ(spread->p99, 99us);
  EXPECT_EQ(spread->max, 100us);
  EXPECT_EQ(spread_of({7us})->p50, 7us);
  EXPECT_EQ(spread_of({7us})->p99, 7us);
}

TEST(Tally, CountsHowRequestsEnded) {
  Tally tally;
  tally.add(
      {.outcome = RawOutcome::kReply, .body = {}, .elapsed = {}, .round_trip = 20us, .error = {}});
  tally.add(
      {.outcome = RawOutcome::kReply, .body = {}, .elapsed = {}, .round_trip = {}, .error = {}});
  tally.add(
      {.outcome = RawOutcome::kNoAnswer, .body = {}, .elapsed = {}, .round_trip = {}, .error = {}});
  tally.add(
      {.outcome = RawOutcome::kRefused, .body = {}, .elapsed = {}, .round_trip = {}, .error = {}});
  EXPECT_EQ(tally.ended(), 4U);
  RawClientCounters counters;
  counters.attempts = 9;
  const Tally::Total total{
      .requests = 4, .window = 16, .elapsed = 500ms, .peer = "127.0.0.1:1", .counters = counters};
  const std::string json = tally.json(total).text();
  EXPECT_THAT(json, HasSubstr(R"("requests":4,"answered":2,"no_answer":1,"refused":1)"));
  EXPECT_THAT(json,
              HasSubstr(R"("not_executed":0,"executed_reply_lost":0,"unknown":2,"attempts":9)"));
  EXPECT_THAT(json, HasSubstr(R"("seconds":0.5,"rate":4.0)"));
  EXPECT_THAT(json, HasSubstr(R"("rtt_us":{"min":20.0,"p50":20.0)"));
  EXPECT_THAT(json, HasSubstr(R"("strangers":null)"));
  EXPECT_THAT(tally.text(total), HasSubstr("2 answered, 1 without an answer, 1 refused"));
  tally.clear();
  EXPECT_EQ(tally.ended(), 0U);
  EXPECT_THAT(tally.json(total).text(), HasSubstr(R"("rtt_us":{"min":null)"));
}

}  // namespace
}  // namespace volley::cli
