#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "server_world.hpp"
#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

/// The conversation of protocol.md §11, but for its ticket: a server makes its own.
class ServerGolden : public testing::Test {
 protected:
  std::vector<std::byte> golden(std::string_view name) {
    const auto* const found = std::ranges::find(kGoldenDatagrams, name, &GoldenDatagram::name);
    auto datagram = octets(found->hex);
    const auto ticket = datagram.begin() + 20;
    // Where §11 has none there is none.
    if (*ticket != std::byte{}) std::ranges::copy(ticket_, ticket);
    return datagram;
  }

  /// What is said at this uptime, of which there is one datagram.
  std::vector<std::byte> said(std::chrono::milliseconds uptime) {
    world_.now = ServerWorld::defaults().incarnation.birth + uptime;
    const auto answers = world_.heard();
    EXPECT_EQ(answers.size(), 1U);
    return answers.empty() ? std::vector<std::byte>{} : answers.front().bytes;
  }

  void hear(std::string_view name) { world_.hear(client_, golden(name)); }

  void SetUp() override {
    world_.now = ServerWorld::defaults().incarnation.birth + 5s;
    hear("G1");
    const auto answer = said(5'000ms);
    ticket_.assign(answer.begin() + 20, answer.begin() + 28);
    EXPECT_EQ(answer, golden("G2"));
  }

  ServerWorld world_;
  Endpoint client_ = ServerWorld::stranger().peer;
  std::vector<std::byte> ticket_ = std::vector<std::byte>(8);
};

TEST_F(ServerGolden, IsHeldToTheOctet) {
  hear("G3");
  world_.reply("ping", "pong");
  EXPECT_EQ(said(0x138ams), golden("G4"));
  hear("G5");
  EXPECT_EQ(said(0x13eems), golden("G6"));
  hear("G7");
  EXPECT_EQ(said(0x14b5ms), golden("G8"));
  hear("G9");
  EXPECT_EQ(world_.running.size(), 2U);
  world_.now += 2ms;
  world_.reply("", "", 7);
  EXPECT_EQ(said(0x170cms), golden("G11"));
  hear("G12");
  EXPECT_EQ(said(0x1770ms), golden("G13"));
  EXPECT_EQ(world_.started, 3U);
}

TEST_F(ServerGolden, MayBeginWithAnIdempotentRequest) {
  hear("G14");
  ASSERT_EQ(world_.running.size(), 1U);
  EXPECT_EQ(world_.running[0].body, "time");
  EXPECT_TRUE(world_.running[0].execution.idempotent);
}

}  // namespace
}  // namespace volley
