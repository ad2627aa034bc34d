#include "cli/reply_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/datagram.hpp>

namespace volley::cli {
namespace {

std::optional<std::string> answer(std::string_view mode, std::string_view request) {
  const auto parsed = parse_reply_mode(mode);
  EXPECT_TRUE(parsed) << parsed.error().message;
  std::string room;
  return answer_to(*parsed, as_bytes(request), room).transform([](Bytes bytes) {
    return std::string{as_text(bytes)};
  });
}

TEST(ReplyMode, AnswersAsItSays) {
  EXPECT_EQ(answer("echo", "hello"), "hello");
  EXPECT_EQ(answer("echo", ""), "");
  EXPECT_EQ(answer("length", "This is another message"), "Your data was 23 bytes long");
  EXPECT_EQ(answer("text:a b: c", "x"), "a b: c");
  EXPECT_EQ(answer("text:", "x"), "");
  EXPECT_EQ(answer("discard", "x"), std::nullopt);
}

TEST(ReplyMode, KeepsTheWholeCommand) {
  const auto mode = parse_reply_mode("exec:tr a-z A-Z | cat");
  ASSERT_TRUE(mode);
  EXPECT_EQ(mode->kind, ReplyMode::Kind::kCommand);
  EXPECT_EQ(mode->text, "tr a-z A-Z | cat");
}

TEST(ReplyMode, SaysWhatWasMeant) {
  EXPECT_THAT(parse_reply_mode("lenght").error().message,
              testing::HasSubstr("did you mean length?"));
  for (const std::string& text :
       {std::string{""}, std::string{"nothing at all"}, std::string{"exec:"},
        "text:" + std::string(kMaxPayload + 1, 'x')}) {
    const auto mode = parse_reply_mode(text);
    ASSERT_FALSE(mode);
    EXPECT_EQ(mode.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace volley::cli
