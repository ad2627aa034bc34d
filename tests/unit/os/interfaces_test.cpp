#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <algorithm>

#include <volley/network.hpp>

#include "unit/os/isolated.hpp"

namespace volley {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

/// One without a name where there is none.
Interface loopback_interface() {
  for (const Interface& each : interfaces().value_or(std::vector<Interface>{})) {
    if (each.loopback) return each;
  }
  return {};
}

TEST(Interfaces, TellWhatTheLoopbackInterfaceIs) {
  const Interface lo = loopback_interface();
  ASSERT_FALSE(lo.name.empty());
  EXPECT_EQ(lo.index, if_nametoindex(lo.name.c_str()));
  EXPECT_TRUE(lo.up);
  EXPECT_FALSE(lo.broadcast);
  EXPECT_GE(lo.mtu, 1500U);
  const auto address = std::ranges::find(lo.addresses, kLoopback, &InterfaceAddress::address);
  ASSERT_NE(address, lo.addresses.end());
  EXPECT_EQ(address->prefix_length, 8U);
  EXPECT_EQ(address->broadcast, IpAddress::v4(127, 255, 255, 255));
}

TEST(Interfaces, EachStandsOnceWithItsOwnIndex) {
  const auto all = interfaces();
  ASSERT_TRUE(all);
  for (const Interface& each : *all) {
    EXPECT_EQ(std::ranges::count(*all, each.name, &Interface::name), 1) << each.name;
    EXPECT_EQ(interface_name(each.index), each.name);
    EXPECT_EQ(interface_index(each.name), each.index);
    EXPECT_EQ(interface_index(std::to_string(each.index)), each.index);
  }
}

TEST(Interfaces, AnUnknownOneIsAnErrorThatNamesThoseThereAre) {
  const auto by_name = interface_index("nosuch0");
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(by_name.error().message,
              HasSubstr("no network interface has the name 'nosuch0'; this machine has "));
  EXPECT_THAT(by_name.error().message, HasSubstr(loopback_interface().name));

  const auto by_index = interface_index("4000000000");
  ASSERT_FALSE(by_index);
  EXPECT_THAT(by_index.error().message, HasSubstr("the index '4000000000'"));
  for (const char* bad : {"", "-1", "0", "1x", "a name longer than any interface's"}) {
    const auto index = interface_index(bad);
    ASSERT_FALSE(index) << bad;
    EXPECT_EQ(index.error().code, ErrorCode::kNotFound);
  }
  EXPECT_EQ(interface_name(4'000'000'000U), "4000000000");
}

TEST(Broadcast, LoopbackHasOneForWhoAsks) {
  const auto found = broadcast_addresses(loopback_interface().index);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre(IpAddress::v4(127, 255, 255, 255)));
}

TEST(Broadcast, EveryOneOfThisMachineIsRecognised) {
  if (const auto found = broadcast_addresses()) {
    EXPECT_FALSE(found->empty());
    EXPECT_THAT(*found, Not(testing::Contains(IpAddress::v4(127, 255, 255, 255))));
    for (const IpAddress& address : *found)
      EXPECT_TRUE(is_broadcast(address)) << address.to_string();
  }
  EXPECT_TRUE(is_broadcast(IpAddress::v4(255, 255, 255, 255)));
  EXPECT_TRUE(is_broadcast(IpAddress::v4(127, 255, 255, 255)));
  EXPECT_FALSE(is_broadcast(kLoopback));
  EXPECT_FALSE(is_broadcast(IpAddress::v4(224, 0, 0, 1)));
  EXPECT_FALSE(is_broadcast(IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})));
}

TEST(Broadcast, WhereThereIsNoneTheErrorSaysWhatItTakes) {
  const auto unknown = broadcast_addresses(4'000'000'000U);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().message, "no network interface has the index 4000000000");

  os::Isolated{{}}.run([] {
    const auto none = broadcast_addresses();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(none.error().message,
              "no interface that is up has a broadcast address; that takes an IPv4 subnet with a "
              "prefix of 30 bits or "
              "fewer");
  });
}

}  // namespace
}  // namespace volley
