#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <volley/client.hpp>

#include "unit/runtime/clear_pair.hpp"

// What a request's handler may be, and how long it lives.

namespace volley {
namespace {

int plain_answers = 0;
void plain(const Answer& answer) {
  plain_answers += answer ? 1 : 0;
}

TEST(ClearHandler, IsNeededForARequest) {
  Serving server;
  Client client = client_of(server.address());
  void (*const no_function)(const Answer&) = nullptr;
  const auto refused = [&](const Result<void>& submitted) {
    return !submitted && submitted.error().code == ErrorCode::kInvalid;
  };
  EXPECT_TRUE(refused(client.submit(as_bytes("x"), nullptr)));
  EXPECT_TRUE(refused(client.submit(as_bytes("x"), no_function)));
  EXPECT_TRUE(refused(client.submit(as_bytes("x"), Client::Handler{})));
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST(ClearHandler, IsWhateverCanBeCalled) {
  Serving server;
  Client client = client_of(server.address());
  int answers = 0;
  const auto count = [&](const Answer& answer) { answers += answer ? 1 : 0; };
  const std::array<int, 32> large{1};
  std::function<void(const Answer&)> copied = count;
  Client::Handler handler = count;
  plain_answers = 0;
  const Bytes body = as_bytes("x");
  ASSERT_TRUE(client.submit(body, count, kPatient));
  ASSERT_TRUE(client.submit(body, copied, kPatient));
  ASSERT_TRUE(client.submit(body, std::move(handler), kPatient));
  ASSERT_TRUE(client.submit(body, plain, kPatient));
  ASSERT_TRUE(client.submit(body, &plain, kPatient));
  ASSERT_TRUE(client.submit(
      body, [&answers, large](const Answer&) { answers += large.front(); }, kPatient));
  ASSERT_TRUE(client.submit(
      body, [&answers, one = std::make_unique<int>(1)](const Answer&) { answers += *one; },
      kPatient));
  ASSERT_TRUE(client.submit(body, [](const Answer& answer) { plain(answer); }, kPatient));
  ASSERT_TRUE(client.run_until_idle());
  EXPECT_EQ(answers, 5);
  EXPECT_EQ(plain_answers, 3);
}

TEST(ClearHandler, LivesUntilItWasCalled) {
  Serving server;
  Client client = client_of(server.address());
  auto kept = std::make_shared<int>(0);
  const std::weak_ptr<int> life = kept;
  // Twice, so that one takes the place of another.
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.submit(as_bytes("x"), [kept](const Answer&) { ++*kept; }, kPatient));
    EXPECT_EQ(life.use_count(), 2);
    ASSERT_TRUE(client.run_until_idle());
    EXPECT_EQ(life.use_count(), 1);
  }
  EXPECT_EQ(*kept, 2);
}

TEST(ClearHandler, IsNotKeptOfARequestThatIsRefused) {
  Serving server;
  Client client = client_of(server.address());
  auto kept = std::make_shared<int>(0);
  const std::string over(65'460, 'b');
  const auto refused = client.submit(as_bytes(over), [kept](const Answer&) { ++*kept; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(ClearHandler, EndsWithItsClient) {
  Serving server;
  auto kept = std::make_shared<int>(0);
  {
    Client client = client_of(server.address());
    ASSERT_TRUE(client.submit(as_bytes("x"), [kept](const Answer&) { ++*kept; }, kPatient));
    EXPECT_EQ(kept.use_count(), 2);
  }
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(*kept, 0);
}

}  // namespace
}  // namespace volley
