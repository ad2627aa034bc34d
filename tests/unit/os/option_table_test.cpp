#include "os/option_table.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
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
    if (option.kind == OptionKind::kStructure) EXPECT_FALSE(option.hint.empty()) << option.name;
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

/// The kernel's header, and the highest number in it that this table was written for.
struct Header {
  const char* path;
  const char* prefix;
  int level;
  int highest;
};

void expect_all_known(const Header& header) {
  // Names of values, not of options.
  const std::regex value{
      "(IP_PMTUDISC|IP_DEFAULT|IP_MSFILTER_SIZE|IPV6_(FL_|FLOWINFO_[FP]|PRIORITY|TLV|PMTUDISC|"
      "PREFER)"
      "|IPV6_USE_MIN_MTU|UDP_ENCAP_).*"};
  const std::regex line_form{R"(#define\s+()" + std::string{header.prefix} +
                             R"([A-Z0-9_]+)\s+(\d+)\b.*)"};
  std::ifstream file{header.path};
  if (!file) GTEST_SKIP() << header.path << " is not installed";
  int seen = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, line_form) || std::regex_match(parts.str(1), value))
      continue;
    const int number = std::stoi(parts.str(2));
    if (number > header.highest) continue;
    ++seen;
    const SocketOption* option = find_option(parts.str(1));
    ASSERT_NE(option, nullptr) << parts.str(1);
    EXPECT_EQ(option->number, number) << parts.str(1);
    EXPECT_EQ(option->level, header.level) << parts.str(1);
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
  expect_all_known({"/usr/include/linux/in.h", "MCAST_[JBUL]", IPPROTO_IP, 52});
}

TEST(OptionTable, HasEveryIpv6OptionOfTheKernel) {
  expect_all_known({"/usr/include/linux/in6.h", "IPV6_", IPPROTO_IPV6, 78});
}

TEST(OptionTable, HasEveryUdpOptionOfTheKernel) {
  expect_all_known({"/usr/include/linux/udp.h", "UDP_", IPPROTO_UDP, 104});
}

}  // namespace
}  // namespace volley::os
