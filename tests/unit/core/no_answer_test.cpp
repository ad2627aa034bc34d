#include "core/no_answer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string_view>

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(NoAnswer, TellsTimesWithOneDecimalAtMost) {
  EXPECT_EQ(duration_text(3100ms), "3.1 s");
  EXPECT_EQ(duration_text(1s), "1 s");
  EXPECT_EQ(duration_text(999'600us), "1 s");
  EXPECT_EQ(duration_text(40ms), "40 ms");
  EXPECT_EQ(duration_text(240us), "0.2 ms");
  EXPECT_EQ(duration_text(0s), "0 ms");
}

TEST(NoAnswer, CountsAttempts) {
  EXPECT_EQ(attempts_text(0), "0 attempts");
  EXPECT_EQ(attempts_text(1), "1 attempt");
  EXPECT_EQ(attempts_text(2), "2 attempts");
}

TEST(NoAnswer, EachCauseThatANetworkNamesHasItsOwnAdvice) {
  std::set<std::string_view> told;
  for (const ErrorCode code : {ErrorCode::kRefused, ErrorCode::kUnreachable, ErrorCode::kTooLarge,
                               ErrorCode::kPermission, ErrorCode::kFull}) {
    EXPECT_TRUE(told.insert(cause_text(code)).second);
    EXPECT_NE(cause_text(code).find("; "), std::string_view::npos) << "and what to try";
  }
  EXPECT_FALSE(told.contains(cause_text(std::nullopt)));
}

TEST(NoAnswer, WithoutAHintTheServerMayBeDown) {
  EXPECT_EQ(cause_text(std::nullopt), "the server may be down");
  EXPECT_EQ(cause_text(ErrorCode::kSystem), cause_text(std::nullopt));
}

}  // namespace
}  // namespace volley
