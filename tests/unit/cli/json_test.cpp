#include "cli/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace volley::cli {
namespace {

TEST(Json, KeepsTheOrderOfItsFields) {
  EXPECT_EQ(to_line({{"z", 1}, {"a", "text"}, {"m", true}, {"n", nullptr}}),
            R"({"z":1,"a":"text","m":true,"n":null})"
            "\n");
}

TEST(Json, WritesWhatIsNotKnownAsNull) {
  EXPECT_EQ(to_line({{"a", std::optional<std::string>{}},
                     {"b", std::optional<std::uint64_t>{7}},
                     {"c", std::numeric_limits<double>::quiet_NaN()},
                     {"d", std::numeric_limits<double>::infinity()},
                     {"e", std::optional<bool>{}}}),
            R"({"a":null,"b":7,"c":null,"d":null,"e":null})"
            "\n");
}

TEST(Json, IsPlainAsciiWhateverTheTextHolds) {
  const std::string text = to_line({{"body", "\x1b[2J \xc2\x9b é \x7f \xff \""}});
  for (const char c : text) EXPECT_TRUE((c >= 0x20 && c <= 0x7f) || c == '\n') << text;
  EXPECT_NE(text.find("\\u001b"), std::string::npos);
  EXPECT_NE(text.find("\\u00e9"), std::string::npos);
}

}  // namespace
}  // namespace volley::cli
