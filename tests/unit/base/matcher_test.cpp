#include <gtest/gtest.h>

#include <array>
#include <vector>

#include <volley/matcher.hpp>

namespace volley {
namespace {

TEST(Matcher, ReadsWhereTheIdIs) {
  const auto dns = Matcher::parse("id@0:2");
  ASSERT_TRUE(dns && dns->field());
  EXPECT_EQ(dns->field()->offset, 0U);
  EXPECT_EQ(dns->field()->size, 2U);
  EXPECT_EQ(dns->field()->reply_offset, 0U);
  EXPECT_FALSE(dns->field()->random);

  const auto ntp = Matcher::parse("id@40:8=24,random");
  ASSERT_TRUE(ntp && ntp->field());
  EXPECT_EQ(ntp->field()->offset, 40U);
  EXPECT_EQ(ntp->field()->size, 8U);
  EXPECT_EQ(ntp->field()->reply_offset, 24U);
  EXPECT_TRUE(ntp->field()->random);
}

TEST(Matcher, RefusesWhatDoesNotSayWhere) {
  for (const char* text :
       {"", "id", "id@", "id@0", "id@0:", "id@0:0", "id@0:17", "id@-1:2", "id@0:2=", "id@0:2,",
        "id@0:2,sequential", "id@0:2 ", "id@70000:2", "id@99999999999999999999:2", "ID@0:2"}) {
    const auto matcher = Matcher::parse(text);
    ASSERT_FALSE(matcher) << text;
    EXPECT_EQ(matcher.error().code, ErrorCode::kInvalid);
    EXPECT_NE(matcher.error().message.find("id@OFFSET:SIZE"), std::string::npos);
  }
}

TEST(Matcher, FindsTheIdInBothDirections) {
  const Matcher matcher{Matcher::Field{.offset = 1, .size = 3, .reply_offset = 0}};
  const std::array request{std::byte{0xff}, std::byte{1}, std::byte{2}, std::byte{3}};
  const std::array reply{std::byte{1}, std::byte{2}, std::byte{3}};
  const MatchId expected{.high = 0, .low = 0x010203};
  EXPECT_EQ(matcher.request_id(request), expected);
  EXPECT_EQ(matcher.reply_id(reply), expected);
  EXPECT_EQ(matcher.reply_id(Bytes{reply}.first(2)), std::nullopt)
      << "a datagram too short has no ID";
  EXPECT_EQ(matcher.reply_id({}), std::nullopt);
}

TEST(Matcher, SixteenBytesRoundTrip) {
  for (std::size_t size = 1; size <= 16; ++size) {
    std::vector<std::byte> datagram(20, std::byte{0xee});
    for (std::size_t i = 0; i < size; ++i) datagram[2 + i] = static_cast<std::byte>(0x80 + i);
    const auto id = read_match_id(datagram, {.offset = 2, .size = size});
    ASSERT_TRUE(id);
    std::vector<std::byte> copy(20, std::byte{0xee});
    write_match_id(copy, {.offset = 2, .size = size}, *id);
    EXPECT_EQ(copy, datagram) << size;
  }
}

TEST(Matcher, TakesTheUsersOwnFunctions) {
  const Matcher matcher{[](Bytes) { return std::optional{MatchId{0, 7}}; },
                        [](Bytes) { return std::nullopt; }};
  EXPECT_EQ(matcher.request_id({}), (MatchId{0, 7}));
  EXPECT_EQ(matcher.reply_id({}), std::nullopt);
  EXPECT_FALSE(matcher.field());
}

}  // namespace
}  // namespace volley
