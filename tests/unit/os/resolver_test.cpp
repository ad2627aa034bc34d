#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include <volley/clock.hpp>
#include <volley/network.hpp>

#include "unit/os/isolated.hpp"

namespace volley {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The endpoints as text, or the error's kind and words.
std::string told(std::string_view text, const ResolveOptions& options = {}) {
  const auto found = resolve(text, options);
  if (!found)
    return fmt::format("error {}: {}", static_cast<int>(found.error().code), found.error().message);
  std::string all;
  for (const Endpoint& endpoint : *found)
    all += fmt::format("{}{}", all.empty() ? "" : " ", endpoint.to_string());
  return all;
}

std::string invalid(std::string_view message) {
  return fmt::format("error {}: {}", static_cast<int>(ErrorCode::kInvalid), message);
}

TEST(Resolve, ReadsEveryNumericForm) {
  const std::tuple<const char*, const char*> cases[] = {
      {"127.0.0.1", "127.0.0.1:1060"},
      {"127.0.0.1:53", "127.0.0.1:53"},
      {"192.0.2.1:0", "192.0.2.1:0"},
      {"192.0.2.1:65535", "192.0.2.1:65535"},
      {"::1", "[::1]:1060"},
      {"[::1]", "[::1]:1060"},
      {"[::1]:53", "[::1]:53"},
      {"2001:db8::53", "[2001:db8::53]:1060"},
      {"[::ffff:192.0.2.1]:53", "192.0.2.1:53"},
      {"[fe80::1%1]:53", "[fe80::1%1]:53"},
      {"*", "[::]:1060"},
      {"*:53", "[::]:53"},
      {"0.0.0.0:53", "0.0.0.0:53"},
      {"[::]:53", "[::]:53"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(told(text), expected) << text;
  EXPECT_EQ(told("127.0.0.1", {.default_port = 7}), "127.0.0.1:7");
}

TEST(Resolve, AScopeMayBeAnInterfacesName) {
  const std::string name = interface_name(1);
  EXPECT_EQ(told(fmt::format("fe80::1%{}", name)), "[fe80::1%1]:1060");
  EXPECT_EQ(told(fmt::format("[fe80::1%{}]:53", name)), "[fe80::1%1]:53");
  const auto unknown = resolve("fe80::1%nosuch0");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(unknown.error().message, HasSubstr("'nosuch0'"));
  // The kernel would take "lo:53" for lo, and the port would be lost without a word.
  EXPECT_THAT(told(fmt::format("fe80::1%{}:53", name)), HasSubstr("stands in brackets"));
}

TEST(Resolve, JunkIsAnErrorThatSaysWhatToWrite) {
  const std::tuple<const char*, const char*> cases[] = {
      {"", "the address is missing"},
      {":53", "':53' has no host; everyone is '*:53'"},
      {"127.0.0.1:", "ends where a port should follow"},
      {"[::1]:", "ends where a port should follow"},
      {"[::1", "has no closing bracket"},
      {"[::1]53", "after ']' only ':PORT' may follow"},
      {"[127.0.0.1]:53", "brackets are for IPv6 addresses only"},
      {"[localhost]:53", "brackets are for IPv6 addresses only"},
      {"127.0.0.1:70000", "port 70000 is out of range: 0 to 65535"},
      {"1.2.3", "'1.2.3' is neither an IPv4 address"},
      {"1.2.3.4.5", "'1.2.3.4.5' is neither an IPv4 address"},
      {"1.2.3.256", "'1.2.3.256' is neither an IPv4 address"},
      {"127.1", "'127.1' is neither an IPv4 address"},
      {"0x7f000001", "'0x7f000001' is neither an IPv4 address"},
      {"53", "a port follows its host, as in 127.0.0.1:53"},
      {"127.0.0.1%lo", "only an IPv6 address has a scope"},
      {"::1::2", "'::1::2' is neither an IPv6 address nor HOST:PORT"},
      {"udp://localhost:53", "is neither an IPv6 address nor HOST:PORT"},
      {"[::1]:53:54", "no UDP service is called '53:54'"},
      {"two words", "'two words' is no host's name"},
      {"a..b", "a part between two dots is empty"},
      {".", "it is empty"},
      {"b\xc3\xbc"
       "cher.example",
       "write letters outside ASCII as DNS does"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(told(text), HasSubstr(expected)) << text;
    EXPECT_THAT(told(text), StartsWith("error ")) << text;
  }
  EXPECT_THAT(told(std::string(64, 'a')), HasSubstr("longer than 63 characters"));
  EXPECT_THAT(told(std::string(254, 'a')), HasSubstr("longer than 253 characters"));
}

TEST(Resolve, AFamilyThatContradictsTheAddressIsAnError) {
  EXPECT_EQ(
      told("127.0.0.1", {.family = Family::kIpv6}),
      invalid("'127.0.0.1' is an IPv4 address, but only IPv6 is asked for; drop one or the other"));
  EXPECT_EQ(told("[::1]:53", {.family = Family::kIpv4}),
            invalid("'::1' is an IPv6 address, but only IPv4 is asked for; drop one or the other"));
  EXPECT_EQ(told("127.0.0.1", {.family = Family::kIpv4}), "127.0.0.1:1060");
  EXPECT_EQ(told("*", {.family = Family::kIpv4}), "0.0.0.0:1060");
  EXPECT_EQ(told("*", {.family = Family::kIpv6}), "[::]:1060");
}

TEST(Resolve, LocalhostIsBothLoopbackAddressesWhateverTheFilesSay) {
  os::Isolated{{{"/etc/hosts", "192.0.2.9 localhost\n"}}}.run([] {
    for (const char* name : {"localhost", "LocalHost.", "app.localhost"}) {
      EXPECT_EQ(told(name), "[::1]:1060 127.0.0.1:1060") << name;
    }
    EXPECT_EQ(told("localhost:53", {.family = Family::kIpv4}), "127.0.0.1:53");
    EXPECT_EQ(told("localhost:53", {.family = Family::kIpv6}), "[::1]:53");
  });
}

TEST(Resolve, LocalhostIsThereWithADeadlineThatHasPassed) {
  EXPECT_EQ(told("localhost", {.family = Family::kIpv4, .deadline = Instant{}}), "127.0.0.1:1060");
  EXPECT_EQ(told("127.0.0.1", {.deadline = Instant{}}), "127.0.0.1:1060");
}

TEST(Resolve, ANameGivesAllItsAddressesOnceInOrder) {
  const os::Isolated machine{{
      {"/etc/nsswitch.conf", "hosts: files\n"},
      {"/etc/hosts",
       "192.0.2.1 twins\n192.0.2.2 twins\n192.0.2.1 twins\n2001:db8::1 twins\n2001:db8::6 six\n"},
  }};
  machine.run([] {
    EXPECT_EQ(told("twins:53", {.family = Family::kIpv4}), "192.0.2.1:53 192.0.2.2:53");
    EXPECT_EQ(told("twins", {.family = Family::kIpv6}), "[2001:db8::1]:1060");
    // A machine with nothing but loopback still finds what its files say.
    EXPECT_EQ(told("six"), "[2001:db8::6]:1060");
    const auto all = resolve("twins", {.deadline = now() + std::chrono::seconds{30}});
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->size(), 3U);

    const auto unknown = resolve("tvins");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(unknown.error().message,
              "no host is called 'tvins'; check the name, or give its address");
    const auto wrong_family = resolve("six", {.family = Family::kIpv4});
    ASSERT_FALSE(wrong_family);
    EXPECT_EQ(wrong_family.error().code, ErrorCode::kNotFound);
  });
}

TEST(Resolve, ADeadlineThatHasPassedAsksNobody) {
  const Instant before = now();
  const auto result = resolve("host.example", {.deadline = before});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimedOut);
  EXPECT_EQ(
      result.error().message,
      "'host.example' was not found before the deadline; allow more time, or give its address");
  EXPECT_LT(now() - before, std::chrono::seconds{1});
}

}  // namespace
}  // namespace volley
