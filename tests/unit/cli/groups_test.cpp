#include "cli/groups.hpp"

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

TEST(Groups, TakeTheInterfaceNamedOrTheOneChosen) {
  const auto named = read_memberships({.groups = {"239.1.2.3@lo"}, .sources = {}}, {});
  ASSERT_TRUE(named) << named.error().message;
  ASSERT_EQ(named->size(), 1U);
  EXPECT_EQ((*named)[0].group.to_string(), "239.1.2.3");
  EXPECT_EQ((*named)[0].interface, interface_index("lo"));
  EXPECT_FALSE((*named)[0].source);
  const SocketChoice eth7{.family = {}, .device = "eth7", .interface = 7, .sources = {}};
  const auto chosen = read_memberships({.groups = {"ff02::1"}, .sources = {}}, eth7);
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ((*chosen)[0].interface, 7U);
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
                      {.family = Family::kIpv4, .device = {}, .sources = {}}));
  EXPECT_TRUE(refused({.groups = {"239.1.2.3@lo"}, .sources = {}},
                      {.family = {}, .device = "eth7", .interface = 777, .sources = {}}))
      << "-i and @ contradict each other";
  EXPECT_EQ(read_memberships({.groups = {"239.1.2.3@nosuch0"}, .sources = {}}, {}).error().code,
            ErrorCode::kNotFound);
}

TEST(Groups, AreHeardOnEveryonesAddressAndTheirOwn) {
  const Membership four{.group = *IpAddress::parse("239.1.2.3"), .source = {}};
  const Membership six{.group = *IpAddress::parse("ff02::1"), .source = {}};
  const auto hears = [](const Membership& group, const char* local,
                        const SocketChoice& choice = {}) {
    const Endpoint here = *Endpoint::parse(local);
    return check_hears({&group, 1}, {&here, 1}, choice).has_value();
  };
  EXPECT_TRUE(hears(four, "0.0.0.0:5"));
  EXPECT_TRUE(hears(four, "[::]:5")) << "in both families";
  EXPECT_TRUE(hears(four, "239.1.2.3:5"));
  EXPECT_TRUE(hears(six, "[::]:5"));
  EXPECT_TRUE(hears(six, "[ff02::1%1]:5"));
  EXPECT_FALSE(hears(four, "127.0.0.1:5"));
  EXPECT_FALSE(hears(four, "239.1.2.4:5"));
  EXPECT_FALSE(hears(four, "[::1]:5"));
  EXPECT_FALSE(hears(four, "[::]:5", {.family = Family::kIpv6, .device = {}, .sources = {}}));
  EXPECT_FALSE(hears(six, "0.0.0.0:5"));
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
