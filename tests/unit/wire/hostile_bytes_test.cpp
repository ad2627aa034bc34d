#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "support/golden_datagrams.hpp"
#include "support/octets.hpp"
#include "unit/wire/datagrams.hpp"

namespace volley {
namespace {

using Octets = std::vector<std::byte>;

/// Where `datagram` is accepted from that side, it is valid: written again from what it decodes to,
/// it is the same. Every field is checked so, since what is written is in range and in order.
/// Tells whether it was accepted. An address sanitizer sees the rest: the copy has nothing after
/// it.
bool accepted_and_valid(Bytes datagram, Side from) {
  const Octets copy(datagram.begin(), datagram.end());
  const auto header = read_clear_header(copy, from);
  if (!header) return false;
  EXPECT_EQ(header->from, from);
  const Bytes frames = Bytes{copy}.subspan(kHeaderSize);
  if (!well_formed(frames, from)) {
    // Nobody should walk them. Who does stays within bounds and comes to an end.
    EXPECT_LE(walked(frames).size(), frames.size());
    EXPECT_LE(walked_in_runs(FrameType::kReply, FrameReader{frames}).size(), frames.size());
    return false;
  }
  Octets again(kHeaderSize);
  write_clear_header(*header, again);
  const Octets frames_again = rewritten(frames);
  again.insert(again.end(), frames_again.begin(), frames_again.end());
  EXPECT_EQ(again, copy);
  for (const Frame& frame : walked(frames)) EXPECT_EQ(sender(frame.type), from);
  return true;
}

/// How many of all mutants of the golden datagrams were accepted, each judged from either side.
struct Tally {
  int accepted = 0;
  int rejected = 0;

  void judge(Bytes datagram) {
    for (const Side from : {Side::kClient, Side::kServer}) {
      ++(accepted_and_valid(datagram, from) ? accepted : rejected);
    }
  }
};

TEST(HostileBytes, EveryTruncationOfAGoldenDatagramIsRejectedOrValid) {
  Tally tally;
  for (const GoldenDatagram& golden : kGoldenDatagrams) {
    SCOPED_TRACE(golden.name);
    const Octets datagram = octets(golden.hex);
    for (std::size_t size = 0; size < datagram.size(); ++size) {
      SCOPED_TRACE(size);
      tally.judge(Bytes{datagram}.first(size));
    }
  }
  // Cut after its header, or after a frame, or within PAD, a datagram is one that could have been
  // sent.
  EXPECT_EQ(tally.accepted, 15 + 5 + 3);
  EXPECT_GT(tally.rejected, 1'000);
}

TEST(HostileBytes, EveryFlippedBitOfAGoldenDatagramIsRejectedOrValid) {
  Tally tally;
  for (const GoldenDatagram& golden : kGoldenDatagrams) {
    SCOPED_TRACE(golden.name);
    Octets datagram = octets(golden.hex);
    for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
      SCOPED_TRACE(bit);
      const std::byte flipped = std::byte{1} << (bit % 8);
      datagram[bit / 8] ^= flipped;
      tally.judge(datagram);
      datagram[bit / 8] ^= flipped;
    }
  }
  EXPECT_GT(tally.accepted, 1'000);
  EXPECT_GT(tally.rejected, 1'000);
}

TEST(HostileBytes, EveryPairOfGoldenDatagramsSplicedIsRejectedOrValid) {
  Tally tally;
  for (const GoldenDatagram& head : kGoldenDatagrams) {
    for (const GoldenDatagram& tail : kGoldenDatagrams) {
      SCOPED_TRACE(head.name);
      SCOPED_TRACE(tail.name);
      Octets spliced = octets(head.hex);
      const Octets other = octets(tail.hex);
      spliced.insert(spliced.end(), other.begin() + kHeaderSize, other.end());
      tally.judge(spliced);
    }
  }
  EXPECT_GT(tally.accepted, 50);
  EXPECT_GT(tally.rejected, 50);
}

/// Octets that look enough like frames to come far: types and small numbers are likely.
Octets random_frames(Random& random) {
  Octets frames(random.below(80));
  for (std::byte& octet : frames) {
    const auto drawn = random.below(4);
    octet = static_cast<std::byte>(drawn == 0   ? random.below(256)
                                   : drawn == 1 ? random.below(9)
                                                : random.below(2));
  }
  return frames;
}

TEST(HostileBytes, RandomFramesAreRejectedOrValid) {
  constexpr std::uint64_t kSeed = 20'260;
  SCOPED_TRACE(kSeed);
  Random random{kSeed};
  const Octets ours = octets(kGoldenDatagrams[0].hex);
  const Octets theirs = octets(kGoldenDatagrams[1].hex);
  Tally tally;
  for (int turn = 0; turn < 100'000; ++turn) {
    Octets datagram = turn % 2 == 0 ? ours : theirs;
    const Octets frames = random_frames(random);
    datagram.insert(datagram.end(), frames.begin(), frames.end());
    tally.judge(datagram);
    if (HasFailure()) return;
  }
  EXPECT_GT(tally.accepted, 1'000);
}

TEST(HostileBytes, RandomBytesAreRejectedOrValid) {
  constexpr std::uint64_t kSeed = 20'261;
  SCOPED_TRACE(kSeed);
  Random random{kSeed};
  for (int turn = 0; turn < 100'000; ++turn) {
    Octets datagram(random.below(100));
    for (std::byte& octet : datagram) octet = static_cast<std::byte>(random.below(256));
    if (datagram.size() > 1 && turn % 2 == 0)
      datagram[0] = std::byte{4}, datagram[1] = std::byte{1};
    Tally{}.judge(datagram);
    if (HasFailure()) return;
  }
}

/// A frame of any type with any values that it may have.
Frame random_frame(Random& random, Bytes source) {
  const auto number = [&](std::uint64_t bound) { return random.below(bound); };
  Frame frame{.type = FrameType{static_cast<std::uint8_t>(1 + number(7))}};
  if (frame.type == FrameType::kPing || frame.type == FrameType::kPong) {
    frame.zeros = static_cast<std::uint16_t>(number(40));
    frame.opaque = random.next();
    return frame;
  }
  frame.attempt = static_cast<std::uint8_t>(1 + number(255));
  frame.sequence = Sequence{static_cast<std::uint32_t>(1 + number(0x7fffffff))};
  const auto any16 = static_cast<std::uint16_t>(number(65'536));
  const Bytes body = source.first(number(source.size()));
  switch (frame.type) {
    case FrameType::kRequest:
      frame.idempotent = number(2) == 1;
      frame.ttl_ms = any16;
      frame.body = body;
      break;
    case FrameType::kReply:
      frame.deferred = number(2) == 1;
      frame.status = any16;
      frame.body = body;
      break;
    case FrameType::kNack:
      frame.code = NackCode{static_cast<std::uint8_t>(1 + number(4))};
      frame.detail = static_cast<std::uint32_t>(random.next());
      break;
    case FrameType::kWorking:
      frame.deferred = number(2) == 1;
      break;
    default:
      break;
  }
  return frame;
}

TEST(HostileBytes, WhateverIsWrittenIsReadBack) {
  constexpr std::uint64_t kSeed = 20'262;
  SCOPED_TRACE(kSeed);
  Random random{kSeed};
  Octets source(100);
  for (std::byte& octet : source) octet = static_cast<std::byte>(random.below(256));
  for (int turn = 0; turn < 10'000; ++turn) {
    const Side from = turn % 2 == 0 ? Side::kClient : Side::kServer;
    std::vector<Frame> frames;
    std::size_t size = 0;
    for (std::uint64_t left = random.below(6); left > 0;) {
      Frame frame = random_frame(random, source);
      // Often one that is like the one before it.
      const bool numbered = !frames.empty() && frames.back().sequence != Sequence{};
      if (numbered && frames.back().sequence < kLastSequence && random.below(2) == 0) {
        frame = frames.back();
        frame.sequence = Sequence{std::to_underlying(frame.sequence) + 1};
      }
      if (sender(frame.type) != from) continue;
      frames.push_back(frame);
      size += size_of(frame);
      --left;
    }
    Octets buffer(size + random.below(5));
    FrameWriter writer{buffer};
    for (const Frame& frame : frames) ASSERT_TRUE(writer.write(frame));
    ASSERT_LE(writer.size(), size);
    writer.pad_to(buffer.size());
    ASSERT_TRUE(well_formed(buffer, from));
    ASSERT_EQ(told(walked(buffer)), told(frames));
    ASSERT_EQ(told(walked_in_runs(FrameType::kRequest, FrameReader{buffer})), told(frames));
    ASSERT_EQ(told(walked_from(FrameType::kReply, check_frames(buffer, from).value())),
              told(frames));
  }
}

}  // namespace
}  // namespace volley
