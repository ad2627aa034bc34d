#include "os/lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <future>
#include <memory>
#include <thread>

#include <volley/clock.hpp>

namespace volley::os {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr IpAddress kAddress = IpAddress::v4(192, 0, 2, 1);
constexpr std::chrono::seconds kLong{30};

TEST(LookUpUntil, HandsTheAnswerOver) {
  const auto found = look_up_until(now() + kLong, "host", [] { return Addresses{{kAddress}}; });
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre(kAddress));

  const auto failed = look_up_until(Instant::max(), "host", [] {
    return Addresses{std::unexpected(Error{ErrorCode::kNotFound, 0, "nobody"})};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "nobody");
}

TEST(LookUpUntil, AbandonsAnAnswerThatIsTooLateAndFreesItAfter) {
  auto release = std::make_shared<std::promise<void>>();
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watch = held;
  const Instant before = now();
  const auto result = look_up_until(before + std::chrono::milliseconds{20}, "slow.example",
                                    [held = std::move(held), gate = release->get_future()] {
                                      gate.wait();
                                      return Addresses{{kAddress}};
                                    });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimedOut);
  EXPECT_THAT(result.error().message,
              HasSubstr("'slow.example' was not found before the deadline"));
  EXPECT_GE(now() - before, std::chrono::milliseconds{20});
  EXPECT_LT(now() - before, std::chrono::seconds{5});

  EXPECT_FALSE(watch.expired());
  release->set_value();
  while (!watch.expired() && now() < before + kLong) std::this_thread::yield();
  EXPECT_TRUE(watch.expired());
}

TEST(LookUpUntil, ADeadlineThatHasPassedStartsNothing) {
  std::atomic<bool> asked = false;
  const auto result = look_up_until(now(), "host", [&asked] {
    asked = true;
    return Addresses{};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimedOut);
  EXPECT_FALSE(asked);
}

TEST(LookUpUntil, ItsThreadTakesNoSignals) {
  const auto blocked = std::make_shared<std::atomic<bool>>(false);
  const auto result = look_up_until(now() + kLong, "host", [blocked] {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    *blocked = sigismember(&mask, SIGINT) == 1;
    return Addresses{};
  });
  EXPECT_TRUE(result);
  EXPECT_TRUE(*blocked);
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
}

TEST(LookupError, SaysWhatToTry) {
  EXPECT_EQ(lookup_error("h", EAI_NONAME, 0).code, ErrorCode::kNotFound);
  EXPECT_EQ(lookup_error("h", EAI_NODATA, 0).code, ErrorCode::kNotFound);
  EXPECT_EQ(lookup_error("h", EAI_AGAIN, 0).code, ErrorCode::kTimedOut);
  EXPECT_THAT(lookup_error("h", EAI_AGAIN, 0).message,
              HasSubstr("no name server answered; try again"));
  const Error system = lookup_error("h", EAI_SYSTEM, EMFILE);
  EXPECT_EQ(system.system_error, EMFILE);
  EXPECT_EQ(system.message, "cannot find 'h': too many open files; give its address instead");
  EXPECT_THAT(lookup_error("h", EAI_FAIL, 0).message, HasSubstr("cannot find 'h': "));
}

}  // namespace
}  // namespace volley::os
