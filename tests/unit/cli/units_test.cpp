#include "cli/units.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

template <class Read>
void expect_refused(Read read, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto result = read(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid) << text;
    EXPECT_NE(result.error().message, "") << text;
  }
}

TEST(Units, ReadDurations) {
  const std::vector<std::pair<std::string, Duration>> cases{
      {"0s", 0s}, {"500us", 500us}, {"500µs", 500us}, {"7ns", 7ns},    {"200ms", 200ms},
      {"2s", 2s}, {"1m", 1min},     {"1.5m", 90s},    {"0.1s", 100ms}, {".5s", 500ms},
      {"3h", 3h}, {"0.3ms", 300us}, {"8760h", 8760h}};
  for (const auto& [text, expected] : cases) {
    const auto read = parse_duration(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_EQ(*read, expected) << text;
  }
}

TEST(Units, RefuseWhatIsNoDuration) {
  expect_refused(parse_duration, {"",      "5",      "0",      "-1s",
                                  "+1s",   "1e3s",   "nan",    "nans",
                                  "inf",   "infs",   "1 s",    " 1s",
                                  "1s ",   "s",      ".",      ".s",
                                  "1..2s", "1.2.3s", "1d",     "1S",
                                  "0x10s", "8761h",  "1e400s", "99999999999999999999999s",
                                  "1s2s",  "5.",     "5.s",    std::string(400, '9') + "s"});
}

TEST(Units, SayWhichUnitsABareNumberMayHave) {
  EXPECT_EQ(parse_duration("200").error().message, "'200' has no unit; say 200ms or 200s");
  EXPECT_EQ(parse_duration("5.").error().message, "'5.' is not a duration; say 200ms or 2s");
}

TEST(Units, RefuseNoTimeWhereTimeMustPass) {
  EXPECT_EQ(parse_positive_duration("1ns"), 1ns);
  expect_refused(parse_positive_duration, {"0s", "0.0ms", "0.1ns", "x"});
}

TEST(Units, ReadBackoffs) {
  const auto read = parse_backoff("100ms..2s");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first, 100ms);
  EXPECT_EQ(read->longest, 2s);
  EXPECT_TRUE(parse_backoff("1s..1s"));
  EXPECT_TRUE(parse_backoff("0.1s..0.2s"));
  expect_refused(parse_backoff, {"", "100ms", "..", "100ms..", "..2s", "2s..1s", "100ms..2",
                                 "0s..1s", "1s...2s", "1s..2s..3s", "100ms-2s", "-1s..2s"});
}

TEST(Units, ReadShares) {
  const std::vector<std::pair<std::string, double>> cases{
      {"50%", 0.5}, {"0%", 0},  {"100%", 1}, {"0.1%", 0.001},
      {"0.5", 0.5}, {"1.0", 1}, {"0", 0},    {".25", 0.25}};
  for (const auto& [text, expected] : cases) {
    const auto read = parse_share(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_DOUBLE_EQ(*read, expected) << text;
  }
  expect_refused(parse_share, {"", "50", "1", "101%", "1.5", "-1%", "-0.5", "nan", "nan%", "inf%",
                               "50 %", "50%%", "%", "a", "1e-1", "0.5x"});
}

TEST(Units, ReadRates) {
  const std::vector<std::tuple<std::string, double, bool>> cases{
      {"500/s", 500, false},  {"10k/s", 10'000, false}, {"2.5k/s", 2'500, false},
      {"1M/s", 1e6, false},   {"0.5/s", 0.5, false},    {"50Mbit", 50e6, true},
      {"64kbit", 64e3, true}, {"300bit", 300, true},    {"1.5Gbit", 1.5e9, true}};
  for (const auto& [text, amount, bits] : cases) {
    const auto read = parse_rate(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_DOUBLE_EQ(read->amount, amount) << text;
    EXPECT_EQ(read->bits, bits) << text;
  }
  expect_refused(parse_rate,
                 {"", "500", "0/s", "-1/s", "10k", "10K/s", "10k/m", "nan/s", "inf/s", "1e3/s",
                  "2000M/s", "0.0001/s", "/s", "50mbit", "50Mbit/s", "0bit", "Mbit"});
}

TEST(Units, ReadFactors) {
  EXPECT_EQ(parse_factor("3"), 3.0);
  EXPECT_EQ(parse_factor("1.5"), 1.5);
  expect_refused(parse_factor, {"", "0", "-1", "3x", "nan", "inf", "1000001", "1e3"});
}

TEST(Units, ReadWholeNumbersWithinTheirRange) {
  EXPECT_EQ(parse_whole("0", 0, 5), 0U);
  EXPECT_EQ(parse_whole("5", 0, 5), 5U);
  EXPECT_EQ(parse_whole("18446744073709551615", 0, std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
  const auto read = [](const std::string& text) { return parse_whole(text, 1, 65'507); };
  expect_refused(read, {"", "0", "65508", "-1", "+1", "1.0", "1k", " 1", "1 ", "0x1",
                        "18446744073709551616", "nan"});
  EXPECT_EQ(read("0").error().message, "'0' is out of range; say 1 to 65,507");
}

TEST(Units, WriteDurationsInOneWay) {
  const std::vector<std::pair<Duration, std::string>> cases{{100ms, "0.1 seconds"},
                                                            {200ms, "0.2 seconds"},
                                                            {1600ms, "1.6 seconds"},
                                                            {2s, "2.0 seconds"},
                                                            {50ms, "0.05 seconds"},
                                                            {12s, "12.0 seconds"},
                                                            {123'456us, "0.123 seconds"},
                                                            {1'599'900us, "1.6 seconds"},
                                                            {100s, "100.0 seconds"},
                                                            {2050ms, "2.05 seconds"},
                                                            {10ms, "0.01 seconds"},
                                                            {3100us, "3.1 ms"},
                                                            {24'300ns, "24.3 µs"},
                                                            {999ns, "999 ns"},
                                                            {1ns, "1 ns"},
                                                            {0s, "0 ns"}};
  for (const auto& [duration, expected] : cases) EXPECT_EQ(format_duration(duration), expected);
}

TEST(Units, WriteNumbersForPeople) {
  EXPECT_EQ(format_whole(0), "0");
  EXPECT_EQ(format_whole(999), "999");
  EXPECT_EQ(format_whole(1000), "1,000");
  EXPECT_EQ(format_whole(1234567), "1,234,567");
  EXPECT_EQ(format_count(1, "datagram"), "1 datagram");
  EXPECT_EQ(format_count(0, "datagram"), "0 datagrams");
  EXPECT_EQ(format_count(2000, "byte"), "2,000 bytes");
}

}  // namespace
}  // namespace volley::cli
