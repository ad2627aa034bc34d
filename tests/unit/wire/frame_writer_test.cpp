#include "wire/frame_writer.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/octets.hpp"

namespace volley {
namespace {

using enum FrameType;

constexpr Frame kProbeTwo = {.type = kProbe, .attempt = 1, .sequence = Sequence{2}};

// What each frame looks like is in golden_test.cpp and, by reading it back, in
// hostile_bytes_test.cpp.

TEST(FrameWriter, WritesOneAfterTheOtherAndTellsWhatIsLeft) {
  std::vector<std::byte> out(30, std::byte{0xee});
  FrameWriter writer{out};
  EXPECT_EQ(writer.room(), 30U);
  EXPECT_TRUE(writer.write(kProbeTwo));
  EXPECT_TRUE(writer.write({.type = kPing, .zeros = 1, .opaque = 0x0102030405060708}));
  EXPECT_EQ(writer.size(), 21U);
  EXPECT_EQ(writer.room(), 9U);
  EXPECT_EQ(out,
            octets("05000100 00000002  06000001 0102030405060708 00  ee ee ee ee ee ee ee ee ee"));
}

TEST(FrameWriter, RefusesWhatDoesNotFitAndWritesNothing) {
  const Frame frames[] = {
      {.type = kRequest, .attempt = 1, .sequence = Sequence{1}, .body = as_bytes("ping")},
      {.type = kReply, .attempt = 1, .sequence = Sequence{1}},
      {.type = kNack, .attempt = 1, .sequence = Sequence{1}, .code = NackCode::kNever},
      {.type = kWorking, .attempt = 1, .sequence = Sequence{1}},
      {.type = kProbe, .attempt = 1, .sequence = Sequence{1}},
      {.type = kPing, .zeros = 3},
      {.type = kPong},
  };
  for (const Frame& frame : frames) {
    SCOPED_TRACE(std::to_underlying(frame.type));
    for (std::size_t size = 0; size < size_of(frame); ++size) {
      std::vector<std::byte> out(size, std::byte{0xee});
      FrameWriter writer{out};
      EXPECT_FALSE(writer.write(frame));
      EXPECT_EQ(writer.size(), 0U);
      EXPECT_EQ(out, std::vector<std::byte>(size, std::byte{0xee}));
    }
    std::vector<std::byte> out(size_of(frame));
    FrameWriter writer{out};
    EXPECT_TRUE(writer.write(frame));
    EXPECT_EQ(writer.room(), 0U);
    EXPECT_FALSE(writer.write(frame));
  }
}

TEST(FrameWriter, PadsUpToASizeAndIsFullThen) {
  std::vector<std::byte> out(12, std::byte{0xee});
  FrameWriter writer{out};
  ASSERT_TRUE(writer.write(kProbeTwo));
  writer.pad_to(10);
  EXPECT_EQ(writer.size(), 10U);
  EXPECT_EQ(writer.room(), 0U);
  EXPECT_EQ(out, octets("05000100 00000002 0000 eeee"));
}

TEST(FrameWriter, PadsNothingUpToItsSize) {
  std::vector<std::byte> out(9, std::byte{0xee});
  FrameWriter writer{out};
  ASSERT_TRUE(writer.write(kProbeTwo));
  writer.pad_to(8);
  EXPECT_EQ(writer.size(), 8U);
  EXPECT_EQ(out, octets("05000100 00000002 ee"));
}

TEST(FrameWriterDeathTest, ChecksThatWhatIsWrittenIsInRange) {
  std::vector<std::byte> out(kMaxDatagram);
  FrameWriter writer{out};
  const auto write = [&](const Frame& frame) { return writer.write(frame); };
  EXPECT_DEATH(write({}), "a bug");
  EXPECT_DEATH(write({.type = FrameType{8}, .attempt = 1, .sequence = Sequence{1}}), "a bug");
  EXPECT_DEATH(write({.type = kProbe, .sequence = Sequence{1}}), "a bug");
  EXPECT_DEATH(write({.type = kProbe, .attempt = 1}), "a bug");
  EXPECT_DEATH(write({.type = kProbe, .attempt = 1, .sequence = Sequence{0x80000000}}), "a bug");
  EXPECT_DEATH(write({.type = kNack, .attempt = 1, .sequence = Sequence{1}}), "a bug");
  EXPECT_DEATH(write({.type = kNack, .attempt = 1, .sequence = Sequence{1}, .code = NackCode{5}}),
               "a bug");
  const std::vector<std::byte> body(kMaxBody + 1);
  EXPECT_DEATH(write({.type = kReply, .attempt = 1, .sequence = Sequence{1}, .body = body}),
               "a bug");
}

TEST(FrameWriterDeathTest, ChecksThatAFrameHasOnlyWhatItsTypeHas) {
  std::vector<std::byte> out(100);
  FrameWriter writer{out};
  const auto write = [&](const Frame& frame) { return writer.write(frame); };
  EXPECT_DEATH(write({.type = kPing, .body = as_bytes("x")}), "a bug");
  EXPECT_DEATH(write({.type = kReply, .attempt = 1, .sequence = Sequence{1}, .zeros = 1}), "a bug");
}

TEST(FrameWriterDeathTest, ChecksThatPaddingNeitherCutsNorOverflows) {
  std::vector<std::byte> out(12);
  FrameWriter writer{out};
  ASSERT_TRUE(writer.write(kProbeTwo));
  EXPECT_DEATH(writer.pad_to(7), "a bug");
  EXPECT_DEATH(writer.pad_to(13), "a bug");
}

}  // namespace
}  // namespace volley
