#include "core/reply_page.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

#include "core/block_store.hpp"
#include "core/reply_store.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

/// A page in memory of its own, with nothing behind it.
struct Written {
  explicit Written(std::size_t size, std::uint32_t first)
      : memory{new std::byte[size]}, writer{*new(memory.get()) ReplyPage{size, first}} {}

  ReplyPage& page() { return writer.page(); }
  void write(const std::string& body) {
    const Sequence number{writer.next()};
    write_message(
        {.type = FrameType::kReply, .attempt = 1, .sequence = number, .body = as_bytes(body)},
        writer.set_aside(MessageHead::kSize + body.size()));
  }
  std::string body_of(std::uint32_t number) {
    FrameReader reader{page().frames({.first = number, .count = 1})};
    const auto frame = reader.next();
    EXPECT_TRUE(frame && frame->sequence == Sequence{number} && !reader.next());
    return frame ? std::string{as_text(frame->body)} : "";
  }

  std::unique_ptr<std::byte[]> memory;
  PageWriter writer;
};

TEST(ReplyPage, FindsEachNumbersFrame) {
  Written written{4'096, 7};
  for (std::size_t size = 0; size < 50; ++size) written.write(std::string(size, 'x'));
  for (std::uint32_t number = 7; number < 57; ++number) {
    EXPECT_EQ(written.body_of(number).size(), number - 7);
  }
}

TEST(ReplyPage, GivesARunInOnePiece) {
  Written written{1'024, 1};
  for (const char* const body : {"one", "two", "three", "four"}) written.write(body);
  FrameReader reader{written.page().frames({.first = 2, .count = 3})};
  std::string all;
  while (const auto frame = reader.next()) all += as_text(frame->body);
  EXPECT_EQ(all, "twothreefour");
}

TEST(ReplyPage, TellsHowManyFitForEveryRoom) {
  Written written{2'048, 1};
  std::array<std::size_t, 20> ends{};
  std::size_t end = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    written.write(std::string(i * 7 % 40, 'x'));
    ends.at(i) = end += MessageHead::kSize + i * 7 % 40;
  }
  for (std::size_t room = 0; room < end; ++room) {
    std::uint32_t fit = 0;
    while (fit < ends.size() && ends.at(fit) <= room) ++fit;
    EXPECT_EQ(written.page().fitting({.first = 1, .count = 20}, room), fit) << room;
  }
}

TEST(ReplyPage, IsUsedToTheLastOctet) {
  constexpr std::size_t kSize = 256;
  constexpr std::size_t kFrame = 50;
  Written written{kSize, 1};
  while (written.writer.has_room(kFrame)) written.write(std::string(38, 'x'));
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
  write_message(
      {.type = FrameType::kReply, .attempt = 1, .sequence = Sequence{1}, .body = as_bytes(body)},
      writer.set_aside(frame));
  EXPECT_EQ(replies.frame(page, 1).size(), frame);
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
