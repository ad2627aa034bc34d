#include "core/reply_page.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

#include "core/block_store.hpp"
#include "core/reply_store.hpp"
#include "wire/frame_reader.hpp"
#include "wire/message_head.hpp"
#include "wire/message_writer.hpp"

namespace volley {
namespace {

MessageHead head_of(const std::string& body, std::uint16_t status = 0) {
  return MessageHead{{.type = FrameType::kReply,
                      .attempt = 1,
                      .word = status,
                      .length = static_cast<std::uint16_t>(body.size())}};
}

/// A page in memory of its own, with nothing behind it.
struct Written {
  explicit Written(std::size_t size, std::uint32_t first)
      : memory{new std::byte[size]}, writer{*new(memory.get()) ReplyPage{size, first}} {}

  ReplyPage& page() { return writer.page(); }
  void write(const std::string& body, std::uint16_t status = 0) {
    writer.write(head_of(body, status), as_bytes(body));
    writer.finish();
  }
  std::string body_of(std::uint32_t number) {
    const Message reply = page().reply(number);
    EXPECT_EQ(reply.sequence(), Sequence{number});
    EXPECT_EQ(reply.more(), 0U);
    EXPECT_TRUE(reply.is_well_formed(FrameType::kReply));
    return std::string{as_text(reply.body)};
  }

  std::unique_ptr<std::byte[]> memory;
  PageWriter writer;
};

TEST(ReplyPage, FindsEachNumbersReply) {
  Written written{4'096, 7};
  for (std::size_t size = 0; size < 50; ++size) written.write(std::string(size, 'x'));
  for (std::uint32_t number = 7; number < 57; ++number) {
    EXPECT_EQ(written.body_of(number).size(), number - 7);
  }
}

TEST(ReplyPage, GivesThoseThatShareAFrameInOnePiece) {
  Written written{1'024, 1};
  for (const char* const body : {"one", "two", "six", "ten"}) written.write(body);
  written.write("four");
  written.write("five", 7);
  const MessageRun run = written.page().replies(2);
  ASSERT_EQ(run.size(), 3U);
  EXPECT_EQ(run.sequence(0), Sequence{2});
  EXPECT_EQ(as_text(run.bodies(0, 3)), "twosixten");
  EXPECT_EQ(written.page().replies(4).size(), 1U);
  EXPECT_EQ(written.page().replies(5).size(), 1U);
  EXPECT_EQ(written.page().reply(6).status(), 7);
  EXPECT_EQ(written.body_of(3), "six");
}

TEST(ReplyPage, SetsRoomAsideThatNoOtherReplyShares) {
  Written written{1'024, 1};
  written.write("one");
  written.writer.set_aside(50);
  written.write("six");
  const std::string late = "two";
  MessageWriter room{{written.page().place(2), 50}};
  room.begin(head_of(late).numbered(Sequence{2}), as_bytes(late));
  EXPECT_EQ(written.body_of(1), "one");
  EXPECT_EQ(written.body_of(2), "two");
  EXPECT_EQ(written.body_of(3), "six");
  for (std::uint32_t number = 1; number < 4; ++number) {
    EXPECT_EQ(written.page().replies(number).size(), 1U);
  }
}

TEST(ReplyPage, IsUsedToTheLastOctet) {
  constexpr std::size_t kSize = 256;
  constexpr std::size_t kFrame = 50;
  Written written{kSize, 1};
  // Each of another status, so that each has a frame.
  for (std::uint16_t status = 1; written.writer.has_room(kFrame); ++status) {
    written.write(std::string(38, 'x'), status);
  }
  const std::size_t each = kFrame + 2;
  EXPECT_EQ(written.writer.next() - 1, (kSize - sizeof(ReplyPage)) / each);
  const std::size_t left = (kSize - sizeof(ReplyPage)) % each;
  EXPECT_TRUE(written.writer.has_room(left - 2));
  EXPECT_FALSE(written.writer.has_room(left - 1));
  for (std::uint32_t number = 1; number < written.writer.next(); ++number) {
    EXPECT_EQ(written.body_of(number), std::string(38, 'x'));
  }
}

TEST(ReplyPage, PassesOverAFewNumbersAndNoneBack) {
  Written written{1'024, 10};
  written.write("ten");
  EXPECT_FALSE(written.writer.reaches(10, 100));
  EXPECT_FALSE(written.writer.reaches(9, 100));
  EXPECT_FALSE(written.writer.reaches(1'000, 100));
  EXPECT_TRUE(written.writer.reaches(11, 100));
  ASSERT_TRUE(written.writer.reaches(14, 100));
  written.writer.pass_over_to(14);
  written.write("fourteen");
  written.write("fifteen");
  EXPECT_EQ(written.body_of(10), "ten");
  EXPECT_EQ(written.body_of(14), "fourteen");
  EXPECT_EQ(written.body_of(15), "fifteen");
}

TEST(ReplyPage, HoldsTheLongestReplyAlone) {
  const std::size_t frame = MessageHead::kSize + kMaxBody;
  BlockStore blocks{std::size_t{1024} * 1024};
  ReplyStore replies{blocks};
  const Block page = replies.make(ReplyPage::size_for(frame), 1);
  ASSERT_NE(page, kNoBlock);
  PageWriter writer{replies.at(page)};
  ASSERT_TRUE(writer.has_room(frame));
  const std::string body(kMaxBody, 'x');
  writer.write(head_of(body), as_bytes(body));
  EXPECT_EQ(replies.frame_size(page, 1), frame);
}

TEST(ReplyStore, FreesAPageWhenNobodyKeepsItAndNothingWaits) {
  BlockStore blocks{std::size_t{1024} * 1024};
  ReplyStore replies{blocks};
  const Block page = replies.make(1'000, 1);
  const std::uint32_t units = blocks.units_of(page);
  replies.at(page).kept = 3;
  replies.hold(page);
  EXPECT_EQ(replies.give_up(page, 2), 0U);
  EXPECT_EQ(replies.give_up(page), units);  // Nobody's now, but it waits to be sent.
  EXPECT_NE(replies.make(1'000, 1), page);
  replies.let_go(page);
  EXPECT_EQ(replies.make(1'000, 1), page);
}

}  // namespace
}  // namespace volley
