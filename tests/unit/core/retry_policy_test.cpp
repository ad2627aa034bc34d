#include "core/retry_policy.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <string_view>

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(RetryPolicy, IsChosenByTheKindOfDestination) {
  const auto local = [](std::string_view address) {
    const auto endpoint = Endpoint::parse(address);
    EXPECT_TRUE(endpoint) << address;
    return &policy_for(endpoint.value_or(Endpoint{})) == &kLocalPolicy;
  };
  for (const auto* address :
       {"127.0.0.1:53", "[::1]:53", "169.254.1.1:53", "[fe80::1%2]:53", "10.1.2.3:53",
        "172.31.0.1:53", "192.168.0.1:53", "[fd00::1]:53", "255.255.255.255:53", "0.0.0.0:53"}) {
    EXPECT_TRUE(local(address)) << address;
  }
  for (const auto* address :
       {"192.0.2.1:53", "172.32.0.1:53", "[2001:db8::1]:53", "239.1.2.3:53", "[ff02::1%2]:53"}) {
    EXPECT_FALSE(local(address)) << address;
  }
}

TEST(RetryPolicy, TheOnesWeShipAreValid) {
  EXPECT_TRUE(validate(kLocalPolicy));
  EXPECT_TRUE(validate(kInternetPolicy));
}

TEST(RetryPolicy, OneThatCannotWorkIsRefusedByName) {
  const auto refusal = [](auto spoil) {
    RetryPolicy policy = kLocalPolicy;
    spoil(policy);
    const auto result = validate(policy);
    return result ? std::string{"accepted"} : result.error().message;
  };
  EXPECT_THAT(refusal([](auto& policy) { policy.first_wait = 0ms; }), HasSubstr("first wait"));
  EXPECT_THAT(refusal([](auto& policy) { policy.floor = 0ms; }), HasSubstr("floor"));
  EXPECT_THAT(refusal([](auto& policy) { policy.cap = 4ms; }), HasSubstr("cap"));
  EXPECT_THAT(refusal([](auto& policy) { policy.give_up = -1ms; }), HasSubstr("give up"));
  EXPECT_THAT(refusal([](auto& policy) { policy.jitter = -0.1; }), HasSubstr("jitter"));
  EXPECT_THAT(refusal([](auto& policy) { policy.jitter = 1.1; }), HasSubstr("jitter"));
  EXPECT_THAT(refusal([](auto& policy) { policy.jitter = std::nan(""); }), HasSubstr("jitter"));
}

}  // namespace
}  // namespace volley
