#include "wire/clear_header.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "support/octets.hpp"

namespace volley {
namespace {

constexpr std::string_view kFromClient =
    "04 01 00 07  0102030405060708  1112131415161718  2122232425262728  31323334";
constexpr std::string_view kFromServer =
    "04 01 01 08  0102030405060708  1112131415161718  2122232425262728  f1f2f3f4";

constexpr ClearHeader kClientHeader = {.from = Side::kClient,
                                       .turn = 7,
                                       .client_id = ClientId{0x0102030405060708},
                                       .epoch = Epoch{0x1112131415161718},
                                       .ticket = Ticket{0x2122232425262728},
                                       .note = 0x31323334};
constexpr ClearHeader kServerHeader = {.from = Side::kServer,
                                       .turn = 8,
                                       .client_id = ClientId{0x0102030405060708},
                                       .epoch = Epoch{0x1112131415161718},
                                       .ticket = Ticket{0x2122232425262728},
                                       .note = 0xf1f2f3f4};

TEST(ClearHeader, IsReadFromTheOctetsThatTheProtocolDraws) {
  EXPECT_EQ(read_clear_header(octets(kFromClient), Side::kClient), kClientHeader);
  EXPECT_EQ(read_clear_header(octets(kFromServer), Side::kServer), kServerHeader);
}

TEST(ClearHeader, IsWrittenToThem) {
  std::vector<std::byte> out(kHeaderSize);
  write_clear_header(kClientHeader, out);
  EXPECT_EQ(out, octets(kFromClient));
  write_clear_header(kServerHeader, out);
  EXPECT_EQ(out, octets(kFromServer));
}

TEST(ClearHeader, IsDroppedForTheFirstReasonThatApplies) {
  struct Case {
    Drop reason;
    Side from;
    std::string_view hex;
  };
  constexpr Side kC = Side::kClient;
  constexpr Side kS = Side::kServer;
  const Case cases[] = {
      {Drop::kShort, kC, ""},
      {Drop::kType, kC, "00"},
      {Drop::kType, kC, "03 02"},
      {Drop::kType, kS, "10 01"},
      {Drop::kType, kS, "ff"},
      {Drop::kUnsupported, kC, "05"},
      {Drop::kUnsupported, kC, "08 02 00 00"},
      {Drop::kUnsupported, kS, "0f 01"},
      {Drop::kVersion, kC, "04"},
      {Drop::kVersion, kC, "04 00"},
      {Drop::kVersion, kS, "04 02 00"},
      {Drop::kShort, kC, "04 01"},
      {Drop::kShort, kS, "04 01 03 07"},
      // One octet is missing.
      {Drop::kShort, kC, "04010007 0102030405060708 1112131415161718 2122232425262728 000000"},
      {Drop::kDirection, kC, kFromServer},
      {Drop::kDirection, kS, kFromClient},
      {Drop::kDirection, kC,
       "04010300 0000000000000000 0000000000000000 0000000000000000 00000000"},
      // A reserved flag; no client_id; L below and above its range.
      {Drop::kHeader, kC, "04010200 0102030405060708 1112131415161718 2122232425262728 00000001"},
      {Drop::kHeader, kC, "04018000 0102030405060708 1112131415161718 2122232425262728 00000001"},
      {Drop::kHeader, kC, "04010000 0000000000000000 1112131415161718 2122232425262728 00000001"},
      {Drop::kHeader, kC, "04010000 0102030405060708 1112131415161718 2122232425262728 00000000"},
      {Drop::kHeader, kC, "04010000 0102030405060708 1112131415161718 2122232425262728 80000001"},
      // A reserved flag; no client_id; no epoch; no ticket.
      {Drop::kHeader, kS, "04010300 0102030405060708 1112131415161718 2122232425262728 00000001"},
      {Drop::kHeader, kS, "04010100 0000000000000000 1112131415161718 2122232425262728 00000001"},
      {Drop::kHeader, kS, "04010100 0102030405060708 0000000000000000 2122232425262728 00000001"},
      {Drop::kHeader, kS, "04010100 0102030405060708 1112131415161718 0000000000000000 00000001"},
  };
  for (const auto& [reason, from, hex] : cases) {
    const auto read = read_clear_header(octets(hex), from);
    ASSERT_FALSE(read) << hex;
    EXPECT_EQ(to_string(read.error()), to_string(reason)) << hex;
  }
}

TEST(ClearHeader, IsAcceptedAtTheEdgesOfItsRanges) {
  for (const char* hex : {
           "040100ff 0000000000000001 0000000000000000 0000000000000000 00000001",
           "04010000 ffffffffffffffff ffffffffffffffff ffffffffffffffff 80000000",
           // An epoch without a ticket, and the reverse, is not the holder's to send; but the
           // ticket is then wrong, which tells him so.
           "04010000 0000000000000001 0000000000000001 0000000000000000 00000001",
           "04010000 0000000000000001 0000000000000000 0000000000000001 00000001",
       }) {
    EXPECT_TRUE(read_clear_header(octets(hex), Side::kClient)) << hex;
  }
  for (const char* hex : {
           "04010100 0000000000000001 0000000000000001 0000000000000001 00000000",
           "040101ff ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffff",
       }) {
    EXPECT_TRUE(read_clear_header(octets(hex), Side::kServer)) << hex;
  }
}

TEST(ClearHeader, SteersByTheTopOfItsClientId) {
  EXPECT_EQ(steering(octets(kFromClient)), 0x0102);
  EXPECT_EQ(steering(kClientHeader.client_id), 0x0102);
  // Of every type, and 0 where there is none.
  EXPECT_EQ(steering(octets("08 01 00 00 fffe")), 0xfffe);
  EXPECT_EQ(steering(octets("08 01 00 00 ff")), 0);
  EXPECT_EQ(steering(Bytes{}), 0);
}

TEST(ClearHeaderDeathTest, ChecksThatWhatIsWrittenIsInRange) {
  std::vector<std::byte> out(kHeaderSize);
  const auto write = [&](auto change, ClearHeader header) {
    change(header);
    write_clear_header(header, out);
  };
  EXPECT_DEATH(write([](auto& header) { header.client_id = {}; }, kClientHeader), "a bug");
  EXPECT_DEATH(write([](auto& header) { header.note = 0; }, kClientHeader), "a bug");
  EXPECT_DEATH(write([](auto& header) { header.note = 0x80000001; }, kClientHeader), "a bug");
  EXPECT_DEATH(write([](auto& header) { header.epoch = {}; }, kServerHeader), "a bug");
  EXPECT_DEATH(write([](auto& header) { header.ticket = {}; }, kServerHeader), "a bug");
  out.pop_back();
  EXPECT_DEATH(write_clear_header(kClientHeader, out), "a bug");
}

}  // namespace
}  // namespace volley
