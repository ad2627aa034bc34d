#include "os/option_table.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace volley::os {
namespace {

TEST(OptionTable, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const SocketOption& option : socket_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_EQ(find_option(option.name), &option);
  }
  EXPECT_EQ(find_option("SO_RCVBU"), nullptr);
  EXPECT_EQ(find_option(""), nullptr);
}

TEST(OptionTable, WhatIsRefusedSaysWhatToDoInstead) {
  for (const SocketOption& option : socket_options()) {
    EXPECT_TRUE(option.kind != OptionKind::kStructure || !option.hint.empty()) << option.name;
  }
}

TEST(OptionTable, EveryOptionWithNamedValuesHasSome) {
  for (const SocketOption& option : socket_options()) {
    if (option.constants.empty()) continue;
    const auto fits = [&](const OptionConstant& each) {
      return each.name.starts_with(option.constants);
    };
    EXPECT_TRUE(std::ranges::any_of(option_constants(), fits)) << option.name;
  }
}

/// A kernel's header, what of it are options, and the highest number that this table was written
/// for.
struct Header {
  const char* path;
  std::string_view prefix;
  int level;
  int highest;
};

/// In those headers, but names of values and not of options.
bool names_a_value(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {
      "IP_PMTUDISC",   "IP_DEFAULT",    "IPV6_FL_",      "IPV6_FLOWINFO_F", "IPV6_FLOWINFO_P",
      "IPV6_PRIORITY", "IPV6_TLV",      "IPV6_PMTUDISC", "IPV6_PREFER",     "IPV6_USE_MIN_MTU",
      "UDP_ENCAP_",    "MCAST_EXCLUDE", "MCAST_INCLUDE"};
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void expect_all_known(const Header& header) {
  std::ifstream file{header.path};
  if (!file) GTEST_SKIP() << header.path << " is not installed";
  int seen = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string define;
    std::string name;
    int number = 0;
    if (!(words >> define >> name >> number) || define != "#define") continue;
    if (!name.starts_with(header.prefix) || names_a_value(name) || number > header.highest)
      continue;
    ++seen;
    const SocketOption* option = find_option(name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(option->number, number) << name;
    EXPECT_EQ(option->level, header.level) << name;
  }
  EXPECT_GT(seen, 5);
}

#if defined(__x86_64__) || defined(__aarch64__)
TEST(OptionTable, HasEverySocketOptionOfTheKernel) {
  expect_all_known({"/usr/include/asm-generic/socket.h", "SO_", SOL_SOCKET, 75});
}
#endif

TEST(OptionTable, HasEveryIpv4OptionOfTheKernel) {
  expect_all_known({"/usr/include/linux/in.h", "IP_", IPPROTO_IP, 52});
  expect_all_known({"/usr/include/linux/in.h", "MCAST_", IPPROTO_IP, 52});
}

TEST(OptionTable, HasEveryIpv6OptionOfTheKernel) {
  expect_all_known({"/usr/include/linux/in6.h", "IPV6_", IPPROTO_IPV6, 78});
}

TEST(OptionTable, HasEveryUdpOptionOfTheKernel) {
  expect_all_known({"/usr/include/linux/udp.h", "UDP_", IPPROTO_UDP, 104});
}

}  // namespace
}  // namespace volley::os
