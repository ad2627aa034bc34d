#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include <volley/endpoint.hpp>

namespace volley {
namespace {

TEST(IpAddress, ReadsAndWritesTheCanonicalText) {
  // What is read, and how RFC 5952 writes it.
  const std::tuple<const char*, const char*> cases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.1", "192.0.2.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"fe80::1%3", "fe80::1%3"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text << ": " << address.error().message;
    EXPECT_EQ(address->to_string(), canonical);
    EXPECT_EQ(IpAddress::parse(address->to_string()), *address) << text;
  }
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.4 ",
                           "+1.2.3.4",
                           "1..2.3",
                           "1.2.3.4%1",
                           ":",
                           ":::",
                           "1:2",
                           "::1::",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::12345",
                           "::g",
                           "1:",
                           ":1",
                           "1:2:3:4:5:6:7:",
                           "::1.2.3",
                           "1.2.3.4::",
                           "fe80::1%",
                           "fe80::1%eth0",
                           "fe80::1%-1",
                           "%1",
                           "::1%4294967296",
                           "localhost"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_FALSE(address) << text << " was read as " << address->to_string();
    EXPECT_EQ(address.error().code, ErrorCode::kInvalid);
    EXPECT_NE(address.error().message.find(text), std::string::npos) << address.error().message;
  }
}

TEST(IpAddress, TheMappedFormIsTheIpv4Address) {
  const auto mapped = IpAddress::parse("::ffff:10.0.0.1");
  ASSERT_TRUE(mapped);
  EXPECT_EQ(*mapped, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(mapped->family(), Family::kIpv4);
  EXPECT_EQ(mapped->with_scope(7), *mapped) << "IPv4 has no scopes";
  for (const std::string_view near :
       {"::fffe:10.0.0.1", "::1:0:ffff:a00:1", "1::ffff:a00:1", "::ffff:0:a00:1"}) {
    const auto address = IpAddress::parse(near);
    ASSERT_TRUE(address) << near;
    EXPECT_EQ(address->family(), Family::kIpv6) << near;
  }
}

TEST(IpAddress, KnowsWhatKindItIs) {
  const std::tuple<const char*, AddressKind> cases[] = {
      {"0.0.0.0", AddressKind::kUnspecified}, {"::", AddressKind::kUnspecified},
      {"127.0.0.1", AddressKind::kLoopback},  {"127.255.255.254", AddressKind::kLoopback},
      {"::1", AddressKind::kLoopback},        {"169.254.1.1", AddressKind::kLinkLocal},
      {"fe80::1%2", AddressKind::kLinkLocal}, {"febf::1", AddressKind::kLinkLocal},
      {"fec0::1", AddressKind::kGlobal},      {"10.255.255.255", AddressKind::kPrivate},
      {"172.16.0.1", AddressKind::kPrivate},  {"172.31.255.255", AddressKind::kPrivate},
      {"172.32.0.1", AddressKind::kGlobal},   {"172.15.0.1", AddressKind::kGlobal},
      {"192.168.0.1", AddressKind::kPrivate}, {"100.64.0.1", AddressKind::kPrivate},
      {"100.128.0.1", AddressKind::kGlobal},  {"fd00::1", AddressKind::kPrivate},
      {"224.0.0.1", AddressKind::kMulticast}, {"239.255.255.255", AddressKind::kMulticast},
      {"ff02::1", AddressKind::kMulticast},   {"255.255.255.255", AddressKind::kBroadcast},
      {"240.0.0.1", AddressKind::kGlobal},    {"8.8.8.8", AddressKind::kGlobal},
      {"2001:db8::1", AddressKind::kGlobal},
  };
  for (const auto& [text, kind] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->kind(), kind) << text;
  }
}

TEST(Endpoint, RoundTrips) {
  for (const char* text :
       {"192.0.2.1:53", "0.0.0.0:0", "[::]:65535", "[2001:db8::1]:1060", "[fe80::1%3]:1"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text << ": " << endpoint.error().message;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "::1:53",
        "[::1]", "[::1:53", "::1]:53", "[192.0.2.1]:53", "[]:53", ":53", "host:53"}) {
    const auto endpoint = Endpoint::parse(text);
    EXPECT_FALSE(endpoint) << text << " was read as " << endpoint->to_string();
  }
}

TEST(Endpoint, HashesTellPortsAndAddressesApart) {
  std::unordered_set<std::size_t> hashes;
  for (std::uint16_t port = 1; port <= 500; ++port) {
    for (std::uint8_t host = 1; host <= 20; ++host) {
      hashes.insert(std::hash<Endpoint>{}({IpAddress::v4(10, 0, 0, host), port}));
    }
  }
  EXPECT_GT(hashes.size(), 9'990U) << "of 10,000";
}

}  // namespace
}  // namespace volley
