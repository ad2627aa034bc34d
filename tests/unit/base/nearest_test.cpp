#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace volley {
namespace {

constexpr std::array<std::string_view, 6> kVerbs{"serve",  "request", "send",
                                                 "listen", "mtu",     "port"};

TEST(Nearest, FindsTheWordThatWasMeant) {
  EXPECT_EQ(nearest("reqest", kVerbs), "request");  // Too few.
  EXPECT_EQ(nearest("servee", kVerbs), "serve");    // Too many.
  EXPECT_EQ(nearest("lisden", kVerbs), "listen");   // Wrong.
  EXPECT_EQ(nearest("lisetn", kVerbs), "listen");   // Swapped.
  EXPECT_EQ(nearest("mt", kVerbs), "mtu");
  EXPECT_EQ(nearest("SEND", kVerbs), "send");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("xyz", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("tree", kVerbs), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 's'), kVerbs), std::nullopt);
  EXPECT_EQ(nearest("serve", {}), std::nullopt);
  // One slip is the whole of a short word.
  EXPECT_EQ(nearest("-x", std::array<std::string_view, 1>{"-q"}), std::nullopt);
}

TEST(Nearest, PrefersFewerSlipsAndThenTheFirst) {
  EXPECT_EQ(
      nearest("SO_RCVBUX", std::array<std::string_view, 3>{"SO_SNDBUF", "SO_RCVBUF", "SO_RCVBUE"}),
      "SO_RCVBUF");
}

}  // namespace
}  // namespace volley
