#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/network.hpp>

#include "unit/os/isolated.hpp"

namespace volley {
namespace {

using testing::HasSubstr;

TEST(Ports, FallIntoTheThreeRangesOfIana) {
  EXPECT_EQ(port_range(0), PortRange::kWellKnown);
  EXPECT_EQ(port_range(1023), PortRange::kWellKnown);
  EXPECT_EQ(port_range(1024), PortRange::kRegistered);
  EXPECT_EQ(port_range(49151), PortRange::kRegistered);
  EXPECT_EQ(port_range(49152), PortRange::kDynamic);
  EXPECT_EQ(port_range(65535), PortRange::kDynamic);
}

TEST(Services, ANumberNeedsNoDatabase) {
  EXPECT_EQ(service_port("0"), 0);
  EXPECT_EQ(service_port("53"), 53);
  EXPECT_EQ(service_port("0053"), 53);
  EXPECT_EQ(service_port("65535"), 65535);
}

TEST(Services, ANumberOutOfRangeSaysTheRange) {
  for (const char* port : {"65536", "70000", "99999999999999999999", "-1"}) {
    const auto result = service_port(port);
    ASSERT_FALSE(result) << port;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(result.error().message, fmt::format("port {} is out of range: 0 to 65535", port));
  }
  const auto missing = service_port("");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalid);
}

TEST(Services, NamesAreThoseOfTheSystemsDatabase) {
  const os::Isolated machine{
      {{"/etc/services",
        "domain 53/tcp\ndomain 53/udp\nsecure 22/tcp\nvolley 1060/udp chapter\n"}}};
  machine.run([] {
    EXPECT_EQ(service_port("domain"), 53);
    EXPECT_EQ(service_port("chapter"), 1060);  // An alias.
    EXPECT_EQ(service_name(1060), "volley");
    EXPECT_EQ(service_name(22), std::nullopt);

    const auto tcp = service_port("secure");
    ASSERT_FALSE(tcp);
    EXPECT_EQ(tcp.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(tcp.error().message,
              "'secure' is a service of TCP only; to use its port with UDP say 22");
    for (const char* bad : {"domian", "5 3", "0x35", "-", "+53"}) {
      const auto unknown = service_port(bad);
      ASSERT_FALSE(unknown) << bad;
      EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
      EXPECT_THAT(unknown.error().message,
                  HasSubstr(fmt::format("no UDP service is called '{}'", bad)));
    }
  });
}

TEST(Services, WithoutADatabaseThereAreOnlyNumbers) {
  os::Isolated{{{"/etc/services", ""}}}.run([] {
    EXPECT_EQ(service_port("53"), 53);
    EXPECT_EQ(service_name(53), std::nullopt);
    const auto unknown = service_port("domain");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("give the port as a number"));
  });
}

}  // namespace
}  // namespace volley
