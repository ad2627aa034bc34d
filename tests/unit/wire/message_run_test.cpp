#include <gmock/gmock.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "unit/wire/datagrams.hpp"

namespace volley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Octets = std::vector<std::byte>;

Frame reply(std::uint32_t number, std::string_view body = "body") {
  return {.type = FrameType::kReply,
          .attempt = 1,
          .sequence = Sequence{number},
          .body = as_bytes(body)};
}

Octets octets_of(const std::vector<Frame>& frames) {
  Octets octets(4'096);
  FrameWriter writer{octets};
  for (const Frame& frame : frames) EXPECT_TRUE(writer.write(frame));
  octets.resize(writer.size());
  return octets;
}

/// How many are in each run.
std::vector<std::size_t> runs_of(Bytes frames) {
  std::vector<std::size_t> sizes;
  FrameReader reader{frames};
  for (MessageRun run; reader.next_run(FrameType::kReply, run);) sizes.push_back(run.size());
  EXPECT_EQ(reader.left(), 0U);
  return sizes;
}
std::vector<std::size_t> runs_of(const std::vector<Frame>& frames) {
  return runs_of(octets_of(frames));
}

TEST(MessageRun, IsOfConsecutiveNumbers) {
  EXPECT_THAT(runs_of({reply(7)}), ElementsAre(1));
  EXPECT_THAT(runs_of({reply(7), reply(8), reply(9)}), ElementsAre(3));
  EXPECT_THAT(runs_of({reply(7), reply(9), reply(10)}), ElementsAre(1, 2));
  EXPECT_THAT(runs_of({reply(7), reply(7)}), ElementsAre(1, 1));
  EXPECT_THAT(runs_of({reply(8), reply(7)}), ElementsAre(1, 1));
  // Every octet of a number carries into the next, and none into what is before it.
  EXPECT_THAT(runs_of({reply(0xff), reply(0x100)}), ElementsAre(2));
  EXPECT_THAT(runs_of({reply(0xff'ffff), reply(0x100'0000)}), ElementsAre(2));
}

TEST(MessageRun, EndsWhereAnythingElseDiffers) {
  Frame other = reply(8);
  other.deferred = true;
  EXPECT_THAT(runs_of({reply(7), other, reply(9)}), ElementsAre(1, 1, 1));
  other = reply(8);
  other.attempt = 2;
  EXPECT_THAT(runs_of({reply(7), other, reply(9)}), ElementsAre(1, 1, 1));
  other = reply(8);
  other.status = 1;
  EXPECT_THAT(runs_of({reply(7), other, reply(9)}), ElementsAre(1, 1, 1));
  EXPECT_THAT(runs_of({reply(7), reply(8, "longer"), reply(9, "longer")}), ElementsAre(1, 2));
  EXPECT_THAT(runs_of({reply(7), reply(8, "")}), ElementsAre(1, 1));
}

TEST(MessageRun, IsOfMessagesWithABody) {
  EXPECT_THAT(runs_of({reply(1, ""), reply(2, "")}), ElementsAre(1, 1));
  EXPECT_THAT(runs_of({reply(1, "x"), reply(2, "y")}), ElementsAre(2));
}

TEST(MessageRun, IsOfAsManyAsItsHeadCanTell) {
  std::vector<Frame> frames;
  for (std::uint32_t number = 1; number <= 600; ++number) frames.push_back(reply(number, "x"));
  const Octets octets = octets_of(frames);
  EXPECT_THAT(runs_of(octets), ElementsAre(256, 256, 88));
  EXPECT_EQ(octets.size(), 3 * MessageHead::kSize + 600);
  EXPECT_EQ(told(walked(octets)), told(frames));
}

TEST(MessageRun, EndsWhereSomethingElseStandsBetween) {
  const Frame working{.type = FrameType::kWorking, .attempt = 1, .sequence = Sequence{9}};
  const std::vector<Frame> frames{reply(7), working, reply(8), reply(9)};
  const Octets octets = octets_of(frames);
  EXPECT_EQ(told(walked(octets)), told(frames));
  EXPECT_EQ(octets.size(), 2 * MessageHead::kSize + size_of(working) + 12);
}

TEST(MessageRun, MayBeTakenInParts) {
  const Octets octets = octets_of({reply(7, "one"), reply(8, "two"), reply(9, "six")});
  const MessageRun run = check_frames(octets, Side::kServer).value().first;
  Octets part(100);
  FrameWriter writer{part};
  writer.write(run.head(1, 2), run.bodies(1, 2));
  writer.write(run.head(0, 1), run.bodies(0, 1));
  part.resize(writer.size());
  EXPECT_EQ(told(walked(part)),
            told(std::vector{reply(8, "two"), reply(9, "six"), reply(7, "one")}));
}

TEST(MessageRun, EndsAtPad) {
  Octets octets = octets_of({reply(1, "x"), reply(2, "y")});
  for (int pad = 1; pad < 30; ++pad) {
    octets.emplace_back();
    EXPECT_THAT(runs_of(octets), ElementsAre(2)) << pad;
    EXPECT_EQ(check_frames(octets, Side::kServer)->first.size(), 2U) << pad;
  }
}

TEST(MessageRun, TellsOfEachItsNumberAndItsBody) {
  const Octets octets = octets_of({reply(7, "one"), reply(8, "two"), reply(9, "six")});
  const MessageRun run = check_frames(octets, Side::kServer).value().first;
  ASSERT_EQ(run.size(), 3U);
  EXPECT_EQ(run.sequence(2), Sequence{9});
  EXPECT_EQ(as_text(run.body(0)), "one");
  EXPECT_EQ(as_text(run.body(1)), "two");
  EXPECT_EQ(run.body(2).data(), octets.data() + octets.size() - 3);
}

TEST(MessageRun, DoesNotGoPastTheLastNumber) {
  const auto last = std::to_underlying(kLastSequence);
  const Octets good = octets_of({reply(last - 1), reply(last)});
  EXPECT_THAT(runs_of(good), ElementsAre(2));
  EXPECT_TRUE(well_formed(good, Side::kServer));
  // The next would be the one after the last, and does not exist.
  Octets bad = good;
  const Octets end = octets_of({reply(last)});
  bad.insert(bad.end(), end.begin(), end.end());
  constexpr std::size_t kNumber = 4;
  const std::size_t number = good.size() + kNumber;
  bad[number] = std::byte{0x80};
  for (std::size_t i = 1; i < 4; ++i) bad[number + i] = std::byte{0};
  EXPECT_FALSE(well_formed(bad, Side::kServer));
}

TEST(MessageRun, IsEmptyWhereSomethingElseStands) {
  const Octets octets =
      octets_of({{.type = FrameType::kWorking, .attempt = 1, .sequence = Sequence{1}}, reply(2)});
  const auto checked = check_frames(octets, Side::kServer);
  ASSERT_TRUE(checked);
  EXPECT_TRUE(checked->first.empty());
  FrameReader reader = checked->rest;
  MessageRun run;
  EXPECT_FALSE(reader.next_run(FrameType::kReply, run));
  EXPECT_EQ(reader.next().value().type, FrameType::kWorking);
  EXPECT_TRUE(reader.next_run(FrameType::kReply, run));
  EXPECT_THAT(runs_of(Bytes{}), IsEmpty());
}

}  // namespace
}  // namespace volley
