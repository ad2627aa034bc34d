// protocol.md §8: how requests share datagrams, and datagrams runs.

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include <volley/batch.hpp>

#include "base/random.hpp"
#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

ClientStory::Options patient() {
  ClientStory::Options options;
  options.policy.give_up = 1h;
  return options;
}

std::vector<std::size_t> sizes(const std::vector<Seen>& all) {
  std::vector<std::size_t> sizes;
  for (const Seen& seen : all) sizes.push_back(seen.bytes.size());
  return sizes;
}

TEST(ClientPacking, FillsADatagramToItsLastOctet) {
  ClientStory story;
  // Of different lengths, so that none shares a frame.
  for (const std::size_t size : {280U, 281U, 279U, 280U}) story.ask(std::string(size, 'x'));
  story.meet();
  const Seen full = story.sent().value();
  EXPECT_EQ(full.bytes.size(), kDatagramSize);
  EXPECT_THAT(full.numbers(), ElementsAre(1, 2, 3, 4));
}

TEST(ClientPacking, ALoneRequestIsNotPadded) {
  ClientStory story;
  story.ask("ask");
  EXPECT_EQ(story.meet_and_send().bytes.size(), kHeaderSize + 12 + 3);
}

TEST(ClientPacking, WhatFitsNoDatagramGoesAloneInALongerOne) {
  ClientStory story{patient()};
  story.ask("small");
  story.ask(std::string(1'157, 'x'));
  story.ask("small");
  story.meet();
  EXPECT_EQ(story.sent()->bytes.size(), kHeaderSize + 12 + 5);
  const Seen large = story.sent().value();
  EXPECT_EQ(large.bytes.size(), kDatagramSize + 1);
  EXPECT_THAT(large.frames, SizeIs(1));
  EXPECT_EQ(story.sent()->bytes.size(), kHeaderSize + 12 + 5);
}

TEST(ClientPacking, TakesBodiesUpToTheGreatestAndNoGreater) {
  ClientStory story;
  story.ask(std::string(65'459, 'x'));
  const std::string too_large(65'460, 'x');
  const auto refused = story.core.request(as_bytes(too_large), {}, story.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("65459 bytes"));
  EXPECT_EQ(story.meet_and_send().bytes.size(), 65'503U);
}

TEST(ClientPacking, RefusesMoreThanItsWindow) {
  ClientStory::Options options;
  options.window = 2;
  ClientStory story{options};
  story.ask();
  story.ask();
  EXPECT_FALSE(story.core.has_room());
  const auto refused = story.core.request({}, {}, story.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFull);
  story.meet_and_send();
  story.hear({reply_to(1)});
  EXPECT_FALSE(story.core.has_room()) << "its event was not polled";
  story.ended();
  EXPECT_TRUE(story.core.has_room());
}

TEST(ClientPacking, WhatIsSentAgainGoesFirstAndMayShareItsDatagram) {
  ClientStory story{patient()};
  story.ask("one");
  story.meet_and_send();
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  story.ask("two");
  const Seen seen = story.sent().value();
  EXPECT_THAT(seen.numbers(), ElementsAre(1, 2));
  EXPECT_EQ(seen.frames[0].attempt, 2);
  EXPECT_EQ(seen.frames[1].attempt, 1);
}

TEST(ClientPacking, WhatIsSentAgainStaysWithinTheLeastDatagram) {
  ClientStory::Options options = patient();
  options.datagram_size = 9'000;
  ClientStory story{options};
  for (int i = 0; i < 10; ++i) story.ask(std::string(400, 'x'));
  story.meet();
  EXPECT_THAT(sizes(story.all_sent()), ElementsAre(kHeaderSize + 12 + 10 * 400));
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  EXPECT_THAT(sizes(story.all_sent()), Each(kHeaderSize + 12 + 2 * 400));
}

TEST(ClientPacking, NothingIsHeldBack) {
  ClientStory story{patient()};
  story.ask("one");
  story.meet_and_send();
  story.ask("two");
  EXPECT_TRUE(story.sent());
}

TEST(ClientPacking, NumbersInFlightStayWithinTheWindowOfL) {
  ClientStory::Options options = patient();
  options.window = 65'536;
  ClientStory story{options};
  story.ask("the oldest");
  story.meet_and_send();
  for (std::uint32_t number = 2; number <= 65'536; ++number) {
    story.ask("");
    ASSERT_EQ(story.sent()->header.note, 1U);
    story.hear({reply_to(number)});
    ASSERT_TRUE(story.ended());
  }
  story.ask("one too many");
  EXPECT_FALSE(story.sent());
  story.hear({reply_to(1)});
  const Seen next = story.sent().value();
  EXPECT_EQ(next.header.note, 65'537U);
  EXPECT_THAT(next.numbers(), ElementsAre(65'537));
}

TEST(ClientPacking, RunsOfOneLengthCostAFewOctetsOfPad) {
  ClientStory story{patient()};
  Random random{7};
  for (int i = 0; i < 300; ++i) story.ask(std::string(30 + random.below(10), 'x'));
  story.meet();
  const auto all = story.all_sent();
  ASSERT_THAT(all, SizeIs(10)) << "the first flight";
  // The requests that were left over would not have been sent: the last may be shorter.
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    EXPECT_EQ(all[i].bytes.size(), all[0].bytes.size()) << i;
  }
  SendBatch batch;
  for (const Seen& seen : all) {
    batch.space();
    batch.commit({.peer = ClientStory::kServer, .size = seen.bytes.size()});
  }
  EXPECT_THAT(batch.transmits(), SizeIs(1)) << "one segmentation run";
}

TEST(ClientPacking, APadIsNeverLong) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ClientStory story{patient()};
    Random random{seed};
    for (int i = 0; i < 100; ++i) story.ask(std::string(random.below(1'500), 'x'));
    story.meet();
    for (const Seen& seen : story.all_sent()) {
      std::size_t frames = kHeaderSize;
      for (const Frame& frame : seen.frames) frames += size_of(frame);
      ASSERT_LE(seen.bytes.size() - frames, kDatagramSize / 16);
      ASSERT_TRUE(seen.bytes.size() <= kDatagramSize || seen.frames.size() == 1);
    }
  }
}

}  // namespace
}  // namespace volley
