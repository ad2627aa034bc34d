#include "cli/groups.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

TEST(Groups, TakeTheInterfaceNamedOrTheOneChosen) {
  const SocketChoice choice{.family = {}, .device = "eth7", .interface = 7, .source = {}};
  const auto memberships =
      read_memberships({.groups = {"239.1.2.3@lo", "ff02::1"}, .sources = {}}, choice);
  ASSERT_TRUE(memberships) << memberships.error().message;
  ASSERT_EQ(memberships->size(), 2U);
  EXPECT_EQ((*memberships)[0].group.to_string(), "239.1.2.3");
  EXPECT_EQ((*memberships)[0].interface, interface_index("lo"));
  EXPECT_FALSE((*memberships)[0].source);
  EXPECT_EQ((*memberships)[1].interface, 7U);
}

TEST(Groups, AreJoinedOnceForEachSource) {
  const auto memberships = read_memberships(
      {.groups = {"232.1.1.1", "232.1.1.2"}, .sources = {"10.0.0.1", "10.0.0.2"}}, {});
  ASSERT_TRUE(memberships);
  ASSERT_EQ(memberships->size(), 4U);
  EXPECT_EQ((*memberships)[1].source->to_string(), "10.0.0.2");
  EXPECT_EQ(describe((*memberships)[1]), "joined 232.1.1.1, from 10.0.0.2 only");
}

TEST(Groups, RefuseWhatIsNone) {
  const auto refused = [](const GroupFlags& flags, const SocketChoice& choice = {}) {
    const auto memberships = read_memberships(flags, choice);
    return !memberships && memberships.error().code == ErrorCode::kInvalid;
  };
  EXPECT_TRUE(refused({.groups = {"10.0.0.1"}, .sources = {}}));
  EXPECT_TRUE(refused({.groups = {"nonsense"}, .sources = {}}));
  EXPECT_TRUE(refused({.groups = {""}, .sources = {}}));
  EXPECT_TRUE(refused({.groups = {}, .sources = {"10.0.0.1"}}));
  EXPECT_TRUE(refused({.groups = {"232.1.1.1"}, .sources = {"fd00::1"}}));
  EXPECT_TRUE(refused({.groups = {"232.1.1.1"}, .sources = {"x"}}));
  EXPECT_TRUE(refused({.groups = {"ff02::1"}, .sources = {}},
                      {.family = Family::kIpv4, .device = {}, .source = {}}));
  EXPECT_EQ(read_memberships({.groups = {"239.1.2.3@nosuch0"}, .sources = {}}, {}).error().code,
            ErrorCode::kNotFound);
}

TEST(Groups, TellTheirCommonFamily) {
  const Membership four{.group = *IpAddress::parse("239.1.2.3"), .source = {}};
  const Membership six{.group = *IpAddress::parse("ff02::1"), .source = {}};
  EXPECT_EQ(common_family(std::vector<Membership>{}), std::nullopt);
  EXPECT_EQ(common_family(std::vector{four, four}), Family::kIpv4);
  EXPECT_EQ(common_family(std::vector{six}), Family::kIpv6);
  EXPECT_EQ(common_family(std::vector{four, six}), std::nullopt);
}

}  // namespace
}  // namespace volley::cli
