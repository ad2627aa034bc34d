#include "cli/binding.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

std::vector<Endpoint> resolved(const std::optional<std::string>& text, DefaultBinding otherwise,
                               const SocketChoice& choice = {}) {
  auto endpoints = resolve_binding(text, otherwise, choice);
  EXPECT_TRUE(endpoints) << endpoints.error().message;
  return endpoints.value_or(std::vector<Endpoint>{});
}

Endpoint v4(const char* text) {
  return *Endpoint::parse(text);
}

const std::vector<Endpoint> everyone{{IpAddress::any_v6(), 1060}, {IpAddress::any_v4(), 1060}};

TEST(Binding, IsLoopbackOrEveryoneWhenNoAddressIsGiven) {
  EXPECT_EQ(resolved({}, DefaultBinding::kLoopback), std::vector{v4("127.0.0.1:1060")});
  EXPECT_EQ(resolved("53", DefaultBinding::kLoopback), std::vector{v4("127.0.0.1:53")});
  EXPECT_EQ(resolved({}, DefaultBinding::kEveryone), everyone);
  EXPECT_EQ(resolved("1060", DefaultBinding::kEveryone), everyone);
}

TEST(Binding, FollowsTheFamily) {
  EXPECT_EQ(resolved({}, DefaultBinding::kLoopback,
                     {.family = Family::kIpv6, .device = {}, .sources = {}}),
            std::vector{v4("[::1]:1060")});
  EXPECT_EQ(resolved({}, DefaultBinding::kEveryone,
                     {.family = Family::kIpv4, .device = {}, .sources = {}}),
            std::vector{v4("0.0.0.0:1060")});
  EXPECT_EQ(resolved({}, DefaultBinding::kEveryone,
                     {.family = Family::kIpv6, .device = {}, .sources = {}}),
            std::vector{v4("[::]:1060")});
}

TEST(Binding, IsEveryoneOnAChosenInterface) {
  EXPECT_EQ(
      resolved({}, DefaultBinding::kLoopback, {.family = {}, .device = "eth0", .sources = {}}),
      everyone);
}

TEST(Binding, TakesAnAddressWithAPortOrWithout) {
  EXPECT_EQ(resolved("*:1060", DefaultBinding::kLoopback), everyone);
  EXPECT_EQ(resolved("192.0.2.1", DefaultBinding::kLoopback), std::vector{v4("192.0.2.1:1060")});
  EXPECT_EQ(resolved("192.0.2.1:0", DefaultBinding::kLoopback), std::vector{v4("192.0.2.1:0")});
  EXPECT_EQ(resolved("[::1]:7", DefaultBinding::kLoopback), std::vector{v4("[::1]:7")});
  EXPECT_EQ(resolved("::1", DefaultBinding::kLoopback), std::vector{v4("[::1]:1060")});
}

TEST(Binding, TakesIpv4FirstOfANamesAddresses) {
  const auto home = resolved("localhost:7", DefaultBinding::kEveryone);
  ASSERT_FALSE(home.empty());
  EXPECT_EQ(home.front(), v4("127.0.0.1:7"));
}

TEST(Binding, RefusesJunk) {
  for (const char* text : {"99999", "127.0.0.1:99999", "[::1", "1.2.3.4.5:6", ":5", "-1", ""}) {
    EXPECT_FALSE(resolve_binding(text, DefaultBinding::kLoopback, {})) << text;
  }
  EXPECT_FALSE(resolve_binding("127.0.0.1:5", DefaultBinding::kLoopback,
                               {.family = Family::kIpv6, .device = {}, .sources = {}}));
}

TEST(Binding, SaysWhoCanReachIt) {
  Interface eth0;
  eth0.name = "eth0";
  eth0.addresses.push_back(
      {.address = *IpAddress::parse("192.0.2.1"), .prefix_length = 24, .broadcast = {}});
  const std::vector<Interface> here{eth0};
  EXPECT_EQ(reach_of(v4("127.0.0.1:1"), {}, here), "loopback only: other machines cannot reach it");
  EXPECT_EQ(reach_of(v4("[::1]:1"), {}, here), "loopback only: other machines cannot reach it");
  EXPECT_EQ(reach_of(v4("192.0.2.1:1"), {}, here), "this address only: interface eth0");
  EXPECT_EQ(reach_of(v4("192.0.2.2:1"), {}, here), "this address only");
  EXPECT_EQ(reach_of(v4("0.0.0.0:1"), {}, here), "everyone who can reach this machine");
  EXPECT_EQ(reach_of(v4("[::]:1"), {}, here), "everyone who can reach this machine");
  EXPECT_EQ(reach_of(v4("[::]:1"), {.family = {}, .device = "eth0", .sources = {}}, here),
            "interface eth0 only");
}

TEST(Binding, WritesEveryoneAsItIsTyped) {
  EXPECT_EQ(binding_text(v4("[::]:53"), {}), "*:53");
  EXPECT_EQ(binding_text(v4("[::]:53"), {.family = Family::kIpv6, .device = {}, .sources = {}}),
            "[::]:53");
  EXPECT_EQ(binding_text(v4("0.0.0.0:53"), {}), "0.0.0.0:53");
}

}  // namespace
}  // namespace volley::cli
