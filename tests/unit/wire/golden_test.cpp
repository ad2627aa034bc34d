#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"
#include "unit/wire/datagrams.hpp"

namespace volley {
namespace {

constexpr ClientId kClient{0xc1a05eed01020304};
constexpr Epoch kEpoch{0xe90c112233445566};
constexpr Ticket kTicket{0x7ac3e70ddeadbeef};

ClearHeader first(std::uint32_t note) {
  return {.from = Side::kClient, .client_id = kClient, .note = note};
}

ClearHeader asking(std::uint32_t note) {
  return {.from = Side::kClient,
          .turn = 1,
          .client_id = kClient,
          .epoch = kEpoch,
          .ticket = kTicket,
          .note = note};
}

ClearHeader answering(std::uint32_t note) {
  return {.from = Side::kServer,
          .client_id = kClient,
          .epoch = kEpoch,
          .ticket = kTicket,
          .note = note};
}

/// What a golden datagram means, in the order of their table.
struct Meaning {
  ClearHeader header;
  std::vector<Frame> frames{};
};

using enum FrameType;

const std::vector<Meaning> kMeanings = {
    {first(1)},
    {answering(5'000)},
    {asking(1),
     {{.type = kRequest,
       .attempt = 1,
       .sequence = Sequence{1},
       .ttl_ms = 3'098,
       .body = as_bytes("ping")}}},
    {answering(5'002),
     {{.type = kReply, .attempt = 1, .sequence = Sequence{1}, .body = as_bytes("pong")}}},
    {asking(1),
     {{.type = kRequest,
       .attempt = 2,
       .sequence = Sequence{1},
       .ttl_ms = 2'998,
       .body = as_bytes("ping")}}},
    {answering(5'102),
     {{.type = kReply, .attempt = 2, .sequence = Sequence{1}, .body = as_bytes("pong")}}},
    {asking(2), {{.type = kProbe, .attempt = 2, .sequence = Sequence{2}}}},
    {answering(5'301),
     {{.type = kNack, .attempt = 2, .sequence = Sequence{2}, .code = NackCode::kNever}}},
    {asking(3),
     {{.type = kRequest, .attempt = 1, .sequence = Sequence{3}, .body = as_bytes("a")},
      {.type = kRequest, .attempt = 1, .sequence = Sequence{4}, .ttl_ms = 500}}},
    {answering(5'403),
     {{.type = kNack, .attempt = 1, .sequence = Sequence{3}, .code = NackCode::kBusy, .detail = 50},
      {.type = kWorking, .attempt = 1, .deferred = true, .sequence = Sequence{4}}}},
    {answering(5'900),
     {{.type = kReply, .attempt = 1, .deferred = true, .sequence = Sequence{4}, .status = 7}}},
    {asking(5), {{.type = kPing, .zeros = 4, .opaque = 0x0011223344556677}}},
    {answering(6'000), {{.type = kPong, .zeros = 4, .opaque = 0x0011223344556677}}},
    {first(1),
     {{.type = kRequest,
       .attempt = 1,
       .idempotent = true,
       .sequence = Sequence{1},
       .ttl_ms = 1'000,
       .body = as_bytes("time")}}},
    {answering(6'100),
     {{.type = kNack, .attempt = 3, .sequence = Sequence{6}, .code = NackCode::kReplyGone},
      {.type = kNack,
       .attempt = 1,
       .sequence = Sequence{7},
       .code = NackCode::kOverload,
       .detail = 1'000}}},
    {asking(8),
     {{.type = kRequest, .attempt = 1, .sequence = Sequence{8}, .body = as_bytes("one")},
      {.type = kRequest, .attempt = 1, .sequence = Sequence{9}, .body = as_bytes("two")},
      {.type = kRequest, .attempt = 1, .sequence = Sequence{10}, .body = as_bytes("six")}}},
    {answering(6'200),
     {{.type = kReply, .attempt = 1, .sequence = Sequence{8}, .status = 7, .body = as_bytes("1")},
      {.type = kReply, .attempt = 1, .sequence = Sequence{9}, .status = 7, .body = as_bytes("2")},
      {.type = kReply, .attempt = 1, .sequence = Sequence{10}, .body = as_bytes("6")}}},
};

TEST(Golden, DecodesToWhatTheProtocolSaysOfIt) {
  ASSERT_EQ(kMeanings.size(), std::size(kGoldenDatagrams));
  for (std::size_t index = 0; index < kMeanings.size(); ++index) {
    const GoldenDatagram& golden = kGoldenDatagrams[index];
    SCOPED_TRACE(golden.name);
    const auto datagram = octets(golden.hex);
    const auto header = read_clear_header(datagram, golden.from);
    ASSERT_TRUE(header) << to_string(header.error());
    EXPECT_TRUE(*header == kMeanings[index].header);
    const Bytes frames = Bytes{datagram}.subspan(kHeaderSize);
    EXPECT_TRUE(well_formed(frames, golden.from));
    EXPECT_EQ(told(walked(frames)), told(kMeanings[index].frames));
    EXPECT_EQ(told(walked_in_runs(FrameType::kRequest, FrameReader{frames})),
              told(kMeanings[index].frames));
  }
}

TEST(Golden, IsWrittenOctetForOctet) {
  ASSERT_EQ(kMeanings.size(), std::size(kGoldenDatagrams));
  for (std::size_t index = 0; index < kMeanings.size(); ++index) {
    SCOPED_TRACE(kGoldenDatagrams[index].name);
    const auto datagram = octets(kGoldenDatagrams[index].hex);
    EXPECT_EQ(written(kMeanings[index].header, kMeanings[index].frames, datagram.size()), datagram);
  }
}

TEST(Golden, IsRefusedFromTheOtherSide) {
  for (const GoldenDatagram& golden : kGoldenDatagrams) {
    SCOPED_TRACE(golden.name);
    const auto datagram = octets(golden.hex);
    const Side other = golden.from == Side::kClient ? Side::kServer : Side::kClient;
    const auto header = read_clear_header(datagram, other);
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error(), Drop::kDirection);
    // Even behind a header of the other side, frames are those of one side only.
    const Bytes frames = Bytes{datagram}.subspan(kHeaderSize);
    EXPECT_EQ(well_formed(frames, other), frames.empty());
  }
}

}  // namespace
}  // namespace volley
