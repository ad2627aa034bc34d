#include "cli/escape.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace volley::cli {
namespace {

using namespace std::string_literals;

TEST(Escape, DoublesABackslashSoThatNothingLooksLikeWhatItIsNot) {
  EXPECT_EQ(escape("\\x1b \x1b"), "\\\\x1b \\x1b");
  EXPECT_EQ(printable("\\x1b \x1b"), "\\x1b \\x1b") << "words of our own";
}

TEST(Escape, KeepsWhatATerminalMayBeShown) {
  EXPECT_EQ(escape("plain, with 'quotes'"), "plain, with 'quotes'");
  EXPECT_EQ(escape("two\nlines\tand a tab"), "two\nlines\tand a tab");
  EXPECT_EQ(escape("é ü 漢字 😀"), "é ü 漢字 😀");
  EXPECT_EQ(escape(""), "");
}

TEST(Escape, DefusesWhatDrivesATerminal) {
  EXPECT_EQ(escape("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(escape("\x1b]0;title\a"), "\\x1b]0;title\\x07");
  EXPECT_EQ(escape("back\b\b\rover"), "back\\x08\\x08\\x0dover");
  EXPECT_EQ(escape("nul\0del\x7f"s), "nul\\x00del\\x7f");
  EXPECT_EQ(escape("\xc2\x9b"
                   "31m"),
            "\\x9b31m")
      << "U+009B is CSI in one character";
  EXPECT_EQ(escape("\xe2\x80\xae"), "\\u202e") << "right-to-left override";
  EXPECT_EQ(escape("\xe2\x81\xa6"), "\\u2066");
  EXPECT_EQ(escape("\xef\xbb\xbf"), "\\ufeff");
  EXPECT_EQ(escape("\xf3\xa0\x80\x81"), "\\U000e0001") << "tag characters";
  EXPECT_EQ(escape("\u034f\u115f\u1160\u3164\u2800"), "\\u034f\\u115f\\u1160\\u3164\\u2800")
      << "characters that look like nothing";
}

TEST(Escape, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escape("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escape("\xc3"), "\\xc3") << "cut short";
  EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf") << "longer than need be";
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(escape("a\xc3\x28z"), "a\\xc3(z");
}

TEST(Escape, LetsNothingUnprintableThroughWhateverComes) {
  std::mt19937 random{7};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    for (const std::string& text : {printable(bytes), escape(bytes), quote(bytes)}) {
      EXPECT_TRUE(is_utf8(text));
      for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        EXPECT_TRUE(byte >= 0x20 || byte == '\n' || byte == '\t') << "seed 7, round " << round;
        EXPECT_NE(byte, 0x7f);
      }
    }
  }
}

TEST(Quote, WritesAsPythonsReprDoes) {
  EXPECT_EQ(quote("hi"), "'hi'");
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote("it's"), "\"it's\"");
  EXPECT_EQ(quote("it's \"so\""), "'it\\'s \"so\"'");
  EXPECT_EQ(quote("say \"so\""), "'say \"so\"'");
  EXPECT_EQ(quote("a\nb\rc\td\\e"), "'a\\nb\\rc\\td\\\\e'");
  EXPECT_EQ(quote("\x1b\xff"), "'\\x1b\\xff'");
}

TEST(Utf8, IsToldFromOtherBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\0b"s));
  EXPECT_TRUE(is_utf8("é漢😀"));
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("ok\xff"));
  EXPECT_FALSE(is_utf8("\xf8\x88\x80\x80\x80"));
}

TEST(Hex, GoesThereAndBack) {
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(to_hex(as_bytes("\x00\xff\x10z"s)), "00ff107a");
  for (const std::string text : {"", "00", "c0ffee", "C0 FF ee", " 0a\n0b\t0c "}) {
    const auto bytes = from_hex(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(from_hex(to_hex(*bytes)), *bytes);
  }
  EXPECT_EQ(to_hex(*from_hex("C0 FF ee")), "c0ffee");
}

TEST(Hex, RefusesWhatItIsNot) {
  for (const std::string text : {"0", "000", "0 0", "xy", "0x00", "00,11", "c0ffe", "0\xff"}) {
    const auto bytes = from_hex(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace volley::cli
