#include "wire/frame_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/octets.hpp"
#include "unit/wire/datagrams.hpp"

namespace volley {
namespace {

constexpr Side kC = Side::kClient;
constexpr Side kS = Side::kServer;

TEST(FrameReader, ReadsEveryFrameAtTheEdgesOfItsRanges) {
  struct Case {
    Side from;
    std::string_view hex;
    Frame frame;
  };
  using enum FrameType;
  const Case cases[] = {
      {kC,
       "01 00 01 00 00000001 0000 0000",
       {.type = kRequest, .attempt = 1, .sequence = Sequence{1}}},
      {kC,
       "01 01 ff 00 7fffffff ffff 0002 6869",
       {.type = kRequest,
        .attempt = 255,
        .idempotent = true,
        .sequence = kLastSequence,
        .ttl_ms = 65'535,
        .body = as_bytes("hi")}},
      {kS,
       "02 01 02 00 01020304 f1f2 0001 00",
       {.type = kReply,
        .attempt = 2,
        .deferred = true,
        .sequence = Sequence{0x01020304},
        .status = 0xf1f2,
        .body = as_bytes({"\0", 1})}},
      {kS,
       "03 01 01 00 00000005 f1f2f3f4",
       {.type = kNack,
        .attempt = 1,
        .sequence = Sequence{5},
        .code = NackCode::kBusy,
        .detail = 0xf1f2f3f4}},
      // The detail of NEVER means nothing, and may be anything.
      {kS,
       "03 02 01 00 00000005 00000001",
       {.type = kNack,
        .attempt = 1,
        .sequence = Sequence{5},
        .code = NackCode::kNever,
        .detail = 1}},
      {kS,
       "03 04 01 00 00000005 00000000",
       {.type = kNack, .attempt = 1, .sequence = Sequence{5}, .code = NackCode::kOverload}},
      {kS, "04 00 09 00 00000006", {.type = kWorking, .attempt = 9, .sequence = Sequence{6}}},
      {kS,
       "04 01 09 00 00000006",
       {.type = kWorking, .attempt = 9, .deferred = true, .sequence = Sequence{6}}},
      {kC, "05 00 09 00 00000006", {.type = kProbe, .attempt = 9, .sequence = Sequence{6}}},
      {kC, "06 00 0000 0000000000000000", {.type = kPing}},
      {kC,
       "06 00 0003 f1f2f3f4f5f6f7f8 000000",
       {.type = kPing, .zeros = 3, .opaque = 0xf1f2f3f4f5f6f7f8}},
      {kS, "07 00 0001 0000000000000001 00", {.type = kPong, .zeros = 1, .opaque = 1}},
  };
  for (const auto& [from, hex, frame] : cases) {
    const auto frames = octets(hex);
    EXPECT_TRUE(well_formed(frames, from)) << hex;
    EXPECT_FALSE(well_formed(frames, from == kC ? kS : kC)) << hex;
    EXPECT_EQ(told(walked(frames)), std::vector{told(frame)});
    EXPECT_EQ(size_of(frame), frames.size()) << hex;
  }
}

TEST(FrameReader, LeavesTheBodyWhereItIs) {
  const auto frames = octets("02 00 01 00 00000001 0000 0004 706f6e67");
  FrameReader reader{frames};
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->body.data(), frames.data() + 12);
  EXPECT_EQ(frame->body.size(), 4U);
}

TEST(FrameReader, TakesTheLargestBodyThatAnyoneCouldSend) {
  // protocol.md §4.3: more than may be sent.
  auto frames = octets("02 00 01 00 00000001 0000 ffb7");
  frames.resize(kMaxDatagram - kHeaderSize);
  ASSERT_TRUE(well_formed(frames, kS));
  EXPECT_EQ(walked(frames).at(0).body.size(), 65'463U);
  frames.pop_back();
  EXPECT_FALSE(well_formed(frames, kS));
}

TEST(FrameReader, EndsAtPad) {
  const std::string probe = "05 00 01 00 00000006";
  for (const char* pad : {"", "00", "0000", "0000000000000000000000000000000000000000"}) {
    EXPECT_TRUE(well_formed(octets(pad), kC));
    EXPECT_TRUE(well_formed(octets(pad), kS));
    EXPECT_TRUE(walked(octets(pad)).empty());
    const auto frames = octets(probe + probe + pad);
    EXPECT_TRUE(well_formed(frames, kC));
    EXPECT_EQ(walked(frames).size(), 2U);
  }
}

TEST(FrameReader, RefusesTheWholeDatagramForOneMalformedFrame) {
  struct Case {
    const char* why;
    Side from;
    std::string hex;
  };
  const Case cases[] = {
      {"an octet of PAD is not 0", kC, "00 01"},
      {"an octet of PAD is not 0", kS, "00 00 00 00 00 00 00 00 00 01"},
      {"a frame follows PAD", kC, "00 05 00 01 00 00000006"},
      {"no such type", kC, "08 00 01 00 00000001 0000 0000"},
      {"reserved for large messages", kC, "10 00 01 00 00000001 0000 0000"},
      {"reserved for large messages", kS, "1f 00 01 00 00000001 0000 0000"},
      {"no such type", kS, "ff 00 01 00 00000001 0000 0000"},
      {"the frame ends early", kC, "01"},
      {"the frame ends early", kC, "01 00 01 00 00000001 0000 00"},
      {"the body ends early", kC, "01 00 01 00 00000001 0000 0001"},
      {"the body ends early", kC, "01 00 01 00 00000001 0000 0100 00"},
      {"a reserved flag", kC, "01 02 01 00 00000001 0000 0000"},
      {"a reserved flag", kC, "01 81 01 00 00000001 0000 0000"},
      {"attempt 0", kC, "01 00 00 00 00000001 0000 0000"},
      {"messages without a body share a frame", kC, "01 00 01 01 00000001 0000 0000"},
      {"the last body ends early", kC, "01 00 01 01 00000001 0000 0002 313233"},
      {"the last number is too high", kC, "01 00 01 01 7fffffff 0000 0001 3132"},
      {"number 0", kC, "01 00 01 00 00000000 0000 0000"},
      {"a number too high", kC, "01 00 01 00 80000000 0000 0000"},
      {"a number too high", kC, "01 00 01 00 ffffffff 0000 0000"},
      {"the body ends early", kS, "02 00 01 00 00000001 0000 0001"},
      {"a reserved flag", kS, "02 02 01 00 00000001 0000 0000"},
      {"attempt 0", kS, "02 00 00 00 00000001 0000 0000"},
      {"messages without a body share a frame", kS, "02 00 01 80 00000001 0000 0000"},
      {"the last body ends early", kS, "02 00 01 ff 00000001 0000 0001 31323334"},
      {"the last number is too high", kS, "02 00 01 02 7ffffffe 0000 0001 313233"},
      {"number 0", kS, "02 00 01 00 00000000 0000 0000"},
      {"a number too high", kS, "02 00 01 00 80000000 0000 0000"},
      {"code 0", kS, "03 00 01 00 00000001 00000000"},
      {"code 5", kS, "03 05 01 00 00000001 00000000"},
      {"attempt 0", kS, "03 01 00 00 00000001 00000000"},
      {"octet 3 is not 0", kS, "03 01 01 01 00000001 00000000"},
      {"number 0", kS, "03 01 01 00 00000000 00000000"},
      {"the frame ends early", kS, "03 01 01 00 00000001 000000"},
      {"a reserved flag", kS, "04 02 01 00 00000001"},
      {"attempt 0", kS, "04 00 00 00 00000001"},
      {"octet 3 is not 0", kS, "04 00 01 01 00000001"},
      {"number 0", kS, "04 00 01 00 00000000"},
      {"the frame ends early", kS, "04 00 01 00 000000"},
      {"a PROBE has no flags", kC, "05 01 01 00 00000001"},
      {"attempt 0", kC, "05 00 00 00 00000001"},
      {"octet 3 is not 0", kC, "05 00 01 01 00000001"},
      {"number 0", kC, "05 00 01 00 00000000"},
      {"the frame ends early", kC, "05 00 01 00 000000"},
      {"octet 1 is not 0", kC, "06 01 0000 0000000000000000"},
      {"the zeros end early", kC, "06 00 0002 0000000000000000 00"},
      {"a zero is none", kC, "06 00 0002 0000000000000000 0001"},
      {"the frame ends early", kC, "06 00 0000 00000000000000"},
      {"octet 1 is not 0", kS, "07 01 0000 0000000000000000"},
      {"the zeros end early", kS, "07 00 ffff 0000000000000000 00"},
      {"a zero is none", kS, "07 00 0003 0000000000000000 010000"},
  };
  for (const auto& [why, from, hex] : cases) {
    // Whether it stands alone or, where that can be, after a good one.
    const std::string good = from == kC ? "05 00 01 00 00000001" : "04 00 01 00 00000001";
    EXPECT_FALSE(well_formed(octets(hex), from)) << why << ": " << hex;
    EXPECT_FALSE(well_formed(octets(good + hex), from)) << why << ": " << hex;
    EXPECT_TRUE(well_formed(octets(good), from));
  }
}

}  // namespace
}  // namespace volley
