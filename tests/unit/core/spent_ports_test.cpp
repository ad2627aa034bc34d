#include "core/spent_ports.hpp"

#include <gtest/gtest.h>

#include <volley/options.hpp>

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{100s};

TEST(SpentPorts, RemembersAPortForItsTimeAndNoLonger) {
  SpentPorts ports;
  ports.add(4'000, kStart);
  ports.add(4'001, kStart + 1s);
  EXPECT_TRUE(ports.contains(4'000, kStart + RawLimits::kSpentHold - 1ns));
  EXPECT_FALSE(ports.contains(4'000, kStart + RawLimits::kSpentHold));
  EXPECT_TRUE(ports.contains(4'001, kStart + RawLimits::kSpentHold));
  EXPECT_FALSE(ports.contains(4'002, kStart));
}

TEST(SpentPorts, IsBounded) {
  SpentPorts ports;
  for (std::size_t i = 0; i < RawLimits::kSpentPorts; ++i) {
    ASSERT_FALSE(ports.full(kStart));
    ports.add(static_cast<std::uint16_t>(i), kStart);
  }
  EXPECT_TRUE(ports.full(kStart));
  EXPECT_FALSE(ports.full(kStart + RawLimits::kSpentHold));
}

}  // namespace
}  // namespace volley
