#include "seal/ticket_mac.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace volley {
namespace {

TicketMac::Secret secret_of(std::uint8_t first) {
  TicketMac::Secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(first + i);
  return secret;
}

const Endpoint kPeer{IpAddress::v4(192, 0, 2, 1), 4'000};
const Endpoint kOtherPort{IpAddress::v4(192, 0, 2, 1), 4'001};

std::string hex(const TicketMac::Mac& mac) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte octet : mac) {
    text += kDigits[std::to_integer<unsigned>(octet) >> 4U];
    text += kDigits[std::to_integer<unsigned>(octet) & 15U];
  }
  return text;
}

TEST(TicketMac, IsTheSameForEveryWorkerOfAnIncarnation) {
  TicketMac one{secret_of(0)};
  TicketMac other{secret_of(0)};
  // The other worker has been elsewhere in time and space meanwhile.
  for (const std::uint64_t turn : {4U, 5U, 6U, 2U}) other.mac(turn, kOtherPort);
  for (const std::uint64_t turn : {7U, 6U, 7U, 0U, 6U}) {
    EXPECT_EQ(one.mac(turn, kPeer), other.mac(turn, kPeer)) << turn;
  }
}

TEST(TicketMac, DependsOnSecretTurnAddressAndPort) {
  std::set<TicketMac::Mac> macs;
  for (const std::uint8_t secret : {std::uint8_t{0}, std::uint8_t{1}}) {
    TicketMac mac{secret_of(secret)};
    for (const std::uint64_t turn : {0ULL, 1ULL, 2ULL, 1ULL << 32U}) {
      for (const Endpoint& peer : {kPeer, kOtherPort, Endpoint{IpAddress::v4(192, 0, 2, 2), 4'000},
                                   Endpoint{IpAddress::loopback(Family::kIpv6), 4'000}}) {
        macs.insert(mac.mac(turn, peer));
      }
    }
  }
  EXPECT_EQ(macs.size(), 2U * 4 * 4);
}

TEST(TicketMac, HasOneFormForAnIpv4AddressAndNoScope) {
  TicketMac mac{secret_of(0)};
  std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(mac.mac(3, {IpAddress::v6(mapped), 4'000}), mac.mac(3, kPeer));
  mapped[0] = 0xfe;
  mapped[1] = 0x80;
  EXPECT_EQ(mac.mac(3, {IpAddress::v6(mapped, 1), 4'000}),
            mac.mac(3, {IpAddress::v6(mapped, 2), 4'000}));
}

TEST(TicketMac, IsSipHashOfAddressAndPortUnderSipHashOfTheTurn) {
  // Computed with another implementation of SipHash-2-4-128.
  TicketMac mac{secret_of(0)};
  EXPECT_EQ(hex(mac.mac(0, kPeer)), "d447127feba54206e1dc37623f5caa8d");
  EXPECT_EQ(hex(mac.mac(1, kPeer)), "2f6598e4914390f52b5c57d792ff792b");
}

TEST(TicketMac, MovesAway) {
  TicketMac first{secret_of(0)};
  const auto expected = first.mac(1, kPeer);
  TicketMac second{std::move(first)};
  EXPECT_EQ(second.mac(1, kPeer), expected);
}

}  // namespace
}  // namespace volley
