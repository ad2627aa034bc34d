#include "core/raw_error.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};

Error error(const RawFinished& finished) {
  return error_of(finished, kServer).value_or(Error{});
}

TEST(RawError, AReplyIsNone) {
  EXPECT_FALSE(error_of({.outcome = RawOutcome::kReply}, kServer));
}

TEST(RawError, SaysThatTheServerMayBeDown) {
  const Error down =
      error({.outcome = RawOutcome::kNoAnswer, .attempts = 5, .elapsed = 3100ms + 77us});
  EXPECT_EQ(down.code, ErrorCode::kTimedOut);
  EXPECT_EQ(down.message,
            "no answer from 127.0.0.1:1060 after 5 attempts in 3.1 s: the server may be down");
  EXPECT_EQ(error({.outcome = RawOutcome::kNoAnswer, .attempts = 1, .elapsed = 250ms}).message,
            "no answer from 127.0.0.1:1060 after 1 attempt in 250 ms: the server may be down");
}

TEST(RawError, NamesTheCauseThatTheNetworkHinted) {
  const Error unreachable = error({.outcome = RawOutcome::kNoAnswer,
                                   .attempts = 2,
                                   .elapsed = 30s,
                                   .hint = ErrorCode::kUnreachable});
  EXPECT_EQ(unreachable.code, ErrorCode::kUnreachable);
  EXPECT_EQ(unreachable.message,
            "no answer from 127.0.0.1:1060 after 2 attempts in 30 s: the network says that it "
            "cannot be reached; check the address and the route to it");
}

TEST(RawError, SaysWhenNothingCouldBeSentAtAll) {
  EXPECT_EQ(error({.outcome = RawOutcome::kNoAnswer, .attempts = 0, .elapsed = 1s}).message,
            "nothing was sent to 127.0.0.1:1060 in 1 s: its turn never came; run the client more "
            "often, or ask less at a time");
  EXPECT_EQ(error({.outcome = RawOutcome::kNoAnswer,
                   .attempts = 2,
                   .elapsed = 1s,
                   .hint = ErrorCode::kFull})
                .message,
            "no answer from 127.0.0.1:1060 after 2 attempts in 1 s: this machine's send buffer "
            "stayed full; send less at a time");
}

TEST(RawError, SaysThatThePortIsClosed) {
  const Error refused = error({.outcome = RawOutcome::kRefused, .attempts = 1});
  EXPECT_EQ(refused.code, ErrorCode::kRefused);
  EXPECT_EQ(refused.message, "127.0.0.1:1060 refused: nothing listens on that port");
}

}  // namespace
}  // namespace volley
