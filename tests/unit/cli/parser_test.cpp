#include "cli/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/units.hpp"

namespace volley::cli {
namespace {

using testing::HasSubstr;

/// A verb with one of everything, and what was read.
struct Sample {
  std::optional<std::string> host;
  std::optional<std::string> body;
  bool verbose = false;
  bool json = false;
  std::optional<bool> loop;
  std::optional<Duration> timeout;
  std::optional<std::uint64_t> count;
  std::optional<std::string> name;
  std::vector<std::string> options;
  Result<void> done;
  std::string help;  // If it was asked for.

  explicit Sample(const std::vector<std::string>& arguments) {
    Parser parser{{.verb = "sample",
                   .summary = "does nothing",
                   .examples = "volley sample x\n",
                   .notes = "The end.\n"}};
    parser.operand("HOST[:PORT]", "whom", host);
    parser.operand("[BODY]", "what", body);
    parser.flag("-v,--verbose", "talk", verbose);
    parser.flag("--json", "as JSON", json);
    parser.choice("--loop", "--no-loop", "hear oneself", loop);
    parser.option("--timeout", "DURATION", "how long", timeout, &parse_duration);
    parser.whole("--count", "N", "how often", count, 1, 10);
    parser.option("-i,--interface", "NAME", "where", name);
    parser.options("--option", "NAME=VALUE", "again and again", options);
    done = parser.parse(arguments);
    if (parser.help_asked()) help = parser.help_text();
  }

  std::string error() const { return done ? "" : done.error().message; }
};

TEST(Parser, ReadsFlagsAndOperandsInAnyOrder) {
  const Sample sample{{"--timeout", "2s", "host:1", "-v", "--count=3", "body", "-i", "eth0",
                       "--option", "A=1", "--option=B=2", "--no-loop"}};
  EXPECT_TRUE(sample.done) << sample.error();
  EXPECT_EQ(sample.host, "host:1");
  EXPECT_EQ(sample.body, "body");
  EXPECT_TRUE(sample.verbose);
  EXPECT_EQ(sample.timeout, std::chrono::seconds{2});
  EXPECT_EQ(sample.count, 3U);
  EXPECT_EQ(sample.name, "eth0");
  EXPECT_EQ(sample.loop, false);
  EXPECT_EQ(sample.options, (std::vector<std::string>{"A=1", "B=2"}));
}

TEST(Parser, LeavesAloneWhatIsNotGiven) {
  const Sample sample{{}};
  EXPECT_TRUE(sample.done);
  EXPECT_FALSE(sample.host || sample.body || sample.verbose || sample.timeout || sample.count ||
               sample.loop);
}

TEST(Parser, TakesEmptyAndOddOperands) {
  EXPECT_EQ(Sample({"host", ""}).body, "");
  EXPECT_EQ(Sample({"[::1]", "[a,b]"}).host, "[::1]");
  EXPECT_EQ(Sample({"[::1]", "[a,b]"}).body, "[a,b]");
  EXPECT_EQ(Sample({"host", "-1"}).body, "-1");
  EXPECT_EQ(Sample({"host", "-"}).body, "-");
  EXPECT_EQ(Sample({"host", "--", "--count"}).body, "--count");
  EXPECT_EQ(Sample({"host", "--", "-h"}).body, "-h");
  EXPECT_EQ(Sample({"host", "\"quoted\""}).body, "\"quoted\"");
}

TEST(Parser, OptionsTakeOneValueEachTime) {
  const Sample sample{{"--option", "A=1", "host", "body"}};
  EXPECT_TRUE(sample.done) << sample.error();
  EXPECT_EQ(sample.options, std::vector<std::string>{"A=1"});
  EXPECT_EQ(sample.host, "host");
}

TEST(Parser, TakesShortFlagsTogether) {
  const Sample sample{{"-vieth0", "host"}};
  EXPECT_TRUE(sample.done) << sample.error();
  EXPECT_TRUE(sample.verbose);
  EXPECT_EQ(sample.name, "eth0");
  EXPECT_EQ(Sample({"-i", "-"}).name, "-");
  EXPECT_EQ(Sample({"---", "--------"}).body, "--------") << "no flag looks so";
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& message) {
  const Sample sample{arguments};
  EXPECT_THAT(sample.error(), testing::StartsWith(message));
}

TEST(Parser, SaysWhatIsWrong) {
  expect_usage_error({"--tiemout", "2s"}, "unknown flag --tiemout; did you mean --timeout?");
  expect_usage_error({"--tiemout=2s"}, "unknown flag --tiemout; did you mean --timeout?");
  expect_usage_error({"--xyzzy"},
                     "unknown flag --xyzzy; text that begins with a dash goes after --");
  expect_usage_error({"-x"}, "unknown flag -x");
  expect_usage_error({"a", "b", "c"}, "unexpected argument 'c'");
  expect_usage_error({"a", "b", "--", "-c"}, "unexpected argument '-c'");
  expect_usage_error({"--timeout", "2"}, "--timeout: '2' has no unit; say 2ms or 2s");
  expect_usage_error({"--timeout"}, "--timeout needs a value");
  expect_usage_error({"--count", "11"}, "--count: '11' is out of range; say 1 to 10");
  expect_usage_error({"--count", "1", "--count", "2"},
                     "--count is given more than once; give it once");
  expect_usage_error({"--verbose=5"}, "--verbose takes no value");
  expect_usage_error({"--verbose=no"}, "--verbose takes no value");
  expect_usage_error({"--json=true"}, "--json takes no value");
  expect_usage_error({"--json=false"}, "--json takes no value");
  expect_usage_error({"--loop", "--no-loop"}, "--no-loop: --loop says the opposite; drop one");
  expect_usage_error({"--no-loop", "--loop"}, "--loop: --no-loop says the opposite; drop one");
  expect_usage_error({"-vx"}, "unknown flag -vx");
  expect_usage_error({"--source", "::1"}, "sample takes no --source");
  expect_usage_error({"-4", "a"}, "sample takes no -4");
}

TEST(Parser, ReadsOnAfterAMistake) {
  const Sample sample{{"--count", "x", "--json"}};
  EXPECT_EQ(sample.error(), "--count: 'x' is not a whole number; say 1 or more");
  EXPECT_TRUE(sample.json);
  EXPECT_FALSE(Sample({"--count", "x", "--", "--json"}).json) << "behind -- it is no flag";
}

TEST(Parser, HelpsWithExamplesFirst) {
  for (const char* flag : {"--help", "-h"}) {
    const Sample sample{{"--count", "junk", flag}};
    EXPECT_THAT(sample.help, testing::StartsWith(
                                 "volley sample: does nothing\n\nExamples:\n  volley sample x\n"));
    EXPECT_THAT(sample.help, HasSubstr("Usage: volley sample [FLAGS] HOST[:PORT] [BODY]"));
    EXPECT_THAT(sample.help, HasSubstr("-v, --verbose"));
    EXPECT_THAT(sample.help, HasSubstr("--timeout DURATION"));
    EXPECT_THAT(sample.help, HasSubstr("--no-loop"));
    EXPECT_THAT(sample.help, HasSubstr("-h, --help"));
    EXPECT_THAT(sample.help, testing::EndsWith("The end.\n"));
  }
}

}  // namespace
}  // namespace volley::cli
