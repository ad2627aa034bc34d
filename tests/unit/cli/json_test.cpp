#include "cli/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace volley::cli {
namespace {

TEST(Json, KeepsTheOrderOfItsFields) {
  EXPECT_EQ(JsonObject{}.set("z", 1U).set("a", "text").set("m", true).set_null("n").text(),
            R"({"z":1,"a":"text","m":true,"n":null})");
}

TEST(Json, WritesWhatIsNotKnownAsNull) {
  EXPECT_EQ(JsonObject{}
                .set("a", std::optional<std::string>{})
                .set("b", std::optional<std::uint64_t>{7})
                .set("c", std::numeric_limits<double>::quiet_NaN())
                .set("d", std::numeric_limits<double>::infinity())
                .set("e", std::optional<bool>{})
                .text(),
            R"({"a":null,"b":7,"c":null,"d":null,"e":null})");
}

TEST(Json, IsPlainAsciiWhateverTheTextHolds) {
  const std::string text = JsonObject{}.set("body", "\x1b[2J \xc2\x9b é \x7f \xff \"").text();
  for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << text;
  EXPECT_NE(text.find("\\u001b"), std::string::npos);
  EXPECT_NE(text.find("\\u00e9"), std::string::npos);
}

TEST(Json, Nests) {
  JsonObject object;
  object.set("inner", JsonObject{}.set("x", 0.5)).append("list", JsonObject{}.set("i", 1U));
  object.append("list", JsonObject{}.set("i", 2U));
  EXPECT_EQ(object.text(), R"({"inner":{"x":0.5},"list":[{"i":1},{"i":2}]})");
  const JsonObject copy = object;
  object.set("more", 1U);
  EXPECT_EQ(copy.text(), R"({"inner":{"x":0.5},"list":[{"i":1},{"i":2}]})");
}

}  // namespace
}  // namespace volley::cli
