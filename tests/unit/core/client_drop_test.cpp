// protocol.md §2.3: what a client drops, each counted under its reason and without effect.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "client_story.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

using Count = std::uint64_t ClientCounters::*;

/// One request sent, number 1, and a queued one.
struct Asking : ClientStory {
  Asking() {
    ask("one");
    meet_and_send();
  }
  std::vector<std::byte> reply(std::uint32_t number = 1, std::uint8_t attempt = 1) {
    std::vector<std::byte> bytes(kMaxPayload);
    write_clear_header(header(), bytes);
    FrameWriter frames{MutableBytes{bytes}.subspan(kHeaderSize)};
    EXPECT_TRUE(frames.write(reply_to(number, "reply", attempt)));
    bytes.resize(kHeaderSize + frames.size());
    return bytes;
  }
};

struct Row {
  std::string reason;
  Count count;
  std::function<void(std::vector<std::byte>&)> spoil;
};

const std::vector<Row> kRows = {
    {"short: nothing", &ClientCounters::dropped_short, [](auto& d) { d.clear(); }},
    {"short: not a header", &ClientCounters::dropped_short, [](auto& d) { d.resize(31); }},
    {"type: below", &ClientCounters::dropped_type, [](auto& d) { d[0] = std::byte{3}; }},
    {"type: above", &ClientCounters::dropped_type, [](auto& d) { d[0] = std::byte{16}; }},
    {"unsupported", &ClientCounters::dropped_unsupported, [](auto& d) { d[0] = std::byte{8}; }},
    {"version", &ClientCounters::dropped_version, [](auto& d) { d[1] = std::byte{2}; }},
    {"version: missing", &ClientCounters::dropped_version, [](auto& d) { d.resize(1); }},
    {"direction", &ClientCounters::dropped_direction, [](auto& d) { d[2] = std::byte{0}; }},
    {"header: a flag", &ClientCounters::dropped_header, [](auto& d) { d[2] = std::byte{3}; }},
    {"header: no ticket", &ClientCounters::dropped_header,
     [](auto& d) { std::fill_n(d.begin() + 20, 8, std::byte{0}); }},
    {"unknown_client", &ClientCounters::dropped_unknown_client,
     [](auto& d) { d[11] ^= std::byte{1}; }},
    {"malformed: cut", &ClientCounters::dropped_malformed, [](auto& d) { d.pop_back(); }},
    {"malformed: more", &ClientCounters::dropped_malformed,
     [](auto& d) { d.push_back(std::byte{9}); }},
    {"malformed: of a client", &ClientCounters::dropped_malformed,
     [](auto& d) { d[32] = std::byte{1}; }},
    {"late: never given", &ClientCounters::late, [](auto& d) { d[39] = std::byte{77}; }},
    {"unsent: such an attempt", &ClientCounters::unsent, [](auto& d) { d[34] = std::byte{2}; }},
    {"stale_epoch, stale_stamp", &ClientCounters::stale_stamp,
     [](auto& d) { d[12] ^= std::byte{1}; }},
};

TEST(ClientDrop, CountsEachReasonAndDoesNothing) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.reason);
    Asking story;
    auto datagram = story.reply();
    row.spoil(datagram);
    story.hear_bytes(datagram);
    EXPECT_EQ(story.core.counters().*row.count, 1U);
    EXPECT_FALSE(story.ended());
    EXPECT_EQ(story.core.in_flight(), 1U);
    story.hear_bytes(story.reply());
    EXPECT_TRUE(story.ended()) << "the true reply still counts";
  }
}

TEST(ClientDrop, AStrangerIsNotHeard) {
  Asking story;
  story.hear_bytes(story.reply(), ClientStory::kStranger);
  EXPECT_EQ(story.core.counters().dropped_stranger, 1U);
  EXPECT_FALSE(story.ended());
  auto not_ours = story.reply();
  not_ours[0] = std::byte{77};
  story.hear_bytes(not_ours, ClientStory::kStranger);
  EXPECT_EQ(story.core.counters().dropped_type, 1U) << "the first reason that applies";
  not_ours = story.reply();
  not_ours[2] = std::byte{0};
  story.hear_bytes(not_ours, ClientStory::kStranger);
  EXPECT_EQ(story.core.counters().dropped_stranger, 2U);
}

TEST(ClientDrop, ASecondReplyIsLate) {
  Asking story;
  story.hear_bytes(story.reply());
  story.hear_bytes(story.reply());
  EXPECT_TRUE(story.ended());
  EXPECT_FALSE(story.ended());
  EXPECT_EQ(story.core.counters().late, 1U);
}

TEST(ClientDrop, OneMalformedFrameDropsTheGoodOnesBeforeIt) {
  Asking story;
  auto datagram = story.reply();
  datagram.push_back(std::byte{2});
  story.hear_bytes(datagram);
  EXPECT_EQ(story.core.counters().dropped_malformed, 1U);
  EXPECT_FALSE(story.ended());
}

TEST(ClientDrop, PadIsNoFrameAndNoBareHeader) {
  Asking story;
  ++story.ticket;
  auto datagram = story.reply();
  datagram.resize(kHeaderSize);
  datagram.resize(kHeaderSize + 3);
  story.hear_bytes(datagram);
  EXPECT_FALSE(story.sent()) << "it refuses nothing";
}

TEST(ClientDrop, NoOctetsDoHarm) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    Asking story;
    for (int i = 0; i < 20; ++i) story.ask("more", {.idempotent = i % 3 == 0});
    story.all_sent();
    for (int i = 0; i < 200; ++i) {
      auto datagram = story.reply(static_cast<std::uint32_t>(1 + random.below(30)),
                                  static_cast<std::uint8_t>(1 + random.below(2)));
      const auto changes = random.below(4);
      for (std::uint64_t change = 0; change < changes; ++change) {
        datagram[random.below(datagram.size())] = static_cast<std::byte>(random.below(256));
      }
      if (random.below(8) == 0) datagram.resize(random.below(datagram.size() + 1));
      story.hear_bytes(datagram);
      story.now += Duration{random.below(5'000'000)};
      story.core.handle_timeout(story.now);
      story.all_sent();
    }
    story.pass(10s);
    std::size_t ends = 0;
    while (story.ended()) ++ends;
    ASSERT_EQ(ends, 21U) << "one outcome each";
    ASSERT_EQ(story.core.in_flight(), 0U);
  }
}

}  // namespace
}  // namespace volley
