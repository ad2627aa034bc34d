#include "core/route_table.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "server_world.hpp"

namespace volley {
namespace {

class Routes : public testing::Test {
 protected:
  Slot hold(const FakeClient& client) {
    return routes.hold(
        {.peer = client.peer, .local = ServerWorld::kLocal.address(), .client_id = client.id});
  }

  BlockStore store{100'000};
  AddressShares shares{store, {.memory = 1'000, .running = 2}, 1};
  RouteTable routes{4, shares, 1};
};

TEST_F(Routes, AreFoundAgainOnceRemembered) {
  const Slot first = hold(ServerWorld::stranger(1));
  EXPECT_NE(hold(ServerWorld::stranger(1)), first);
  routes.remember(first);
  EXPECT_EQ(hold(ServerWorld::stranger(1)), first);
  EXPECT_EQ(routes.at(first).peer, ServerWorld::stranger(1).peer);
  EXPECT_EQ(routes.at(first).client_id, ServerWorld::stranger(1).id);
}

TEST_F(Routes, AreOfOneAddressPortAndClient) {
  const FakeClient client = ServerWorld::stranger(1);
  const Slot route = hold(client);
  routes.remember(route);
  FakeClient other = client;
  other.peer = {client.peer.address(), 1};
  EXPECT_NE(hold(other), route);
  other = client;
  other.id = ClientId{1};
  EXPECT_NE(hold(other), route);
  const IpAddress elsewhere = IpAddress::v4(192, 0, 2, 77);
  EXPECT_NE(routes.hold({.peer = client.peer, .local = elsewhere, .client_id = client.id}), route);
}

TEST_F(Routes, AreFewAndComeBackWhenNobodyHoldsThem) {
  const std::size_t room = routes.room();
  std::vector<Slot> held;
  for (unsigned which = 0; which < room; ++which)
    held.push_back(hold(ServerWorld::stranger(which)));
  EXPECT_EQ(routes.room(), 0U);
  EXPECT_EQ(hold(ServerWorld::stranger(9'999)), kNoSlot);
  routes.hold_again(held[0]);
  for (const Slot route : held) routes.let_go(route);
  EXPECT_EQ(routes.room(), room - 1);
  routes.let_go(held[0]);
  EXPECT_EQ(routes.room(), room);
}

TEST_F(Routes, AreForgottenForOthers) {
  const std::size_t room = routes.room();
  for (unsigned which = 0; which < 10'000; ++which) {
    const Slot route = hold(ServerWorld::stranger(which));
    ASSERT_NE(route, kNoSlot);
    routes.remember(route);
    routes.let_go(route);
  }
  EXPECT_GE(routes.room(), room - RouteTable::kRemembered);
}

TEST_F(Routes, HoldTheShareOfTheirAddress) {
  const Slot one = hold(ServerWorld::stranger(1));
  const Slot same = hold(ServerWorld::stranger(1));
  AddressShare* const share = routes.share_of(one);
  ASSERT_NE(share, nullptr);
  EXPECT_EQ(routes.share_of(same), share);
  AddressShares::take_running(*share);
  EXPECT_TRUE(shares.may_run(*share));
  AddressShares::take_running(*share);
  EXPECT_FALSE(shares.may_run(*share));
  AddressShares::give_running(*share);
  AddressShares::give_running(*share);
  routes.let_go(one);
  EXPECT_EQ(routes.share_of(same), share);
  routes.let_go(same);
}

TEST(AddressShares, BoundTheMemoryOfOneAddress) {
  BlockStore store{100'000};
  AddressShares shares{store, {.memory = 1'000, .running = 2}, 1};
  AddressShare* const share = shares.hold(IpAddress::v4(10, 0, 0, 1));
  ASSERT_NE(share, nullptr);
  EXPECT_TRUE(shares.take_memory(*share, 60));
  EXPECT_FALSE(shares.take_memory(*share, 3));
  EXPECT_TRUE(shares.take_memory(*share, 2));
  AddressShares::give_memory(*share, 62);
  shares.let_go(*share);
}

TEST(AddressShares, AreOfOneIpv4AddressOrIpv6Network) {
  const auto v6 = [](std::uint8_t net, std::uint8_t host, std::uint32_t scope = 0) {
    return address_key(
        IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, net, 1, 2, 3, 4, 5, 6, 7, host}, scope));
  };
  EXPECT_EQ(v6(1, 1), v6(1, 2));
  EXPECT_FALSE(v6(1, 1) == v6(2, 1));
  EXPECT_FALSE(v6(1, 1, 1) == v6(1, 1, 2));
  EXPECT_FALSE(address_key(IpAddress::v4(10, 0, 0, 1)) == address_key(IpAddress::v4(10, 0, 0, 2)));
  // An IPv6 network whose octets look like an IPv4 address.
  EXPECT_FALSE(address_key(IpAddress::v6({0, 0, 0xff, 0xff, 10, 0, 0, 1})) ==
               address_key(IpAddress::v4(10, 0, 0, 1)));
}

TEST(AddressShares, AreMadeOnlyWhereThereIsRoom) {
  BlockStore store{20'000};
  AddressShares shares{store, {.memory = 1'000, .running = 2}, 1};
  std::vector<AddressShare*> held;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    AddressShare* const share =
        shares.hold(IpAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8U), i & 0xffU));
    if (share == nullptr) break;
    held.push_back(share);
  }
  EXPECT_GT(held.size(), 100U);
  EXPECT_LT(held.size(), 600U);
  for (AddressShare* const share : held) shares.let_go(*share);
}

}  // namespace
}  // namespace volley
