// protocol.md §5.10: numbers, L, and another client_id when the numbers are used up.

#include "core/client_numbers.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>

#include "base/random.hpp"
#include "client_story.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ClientNumbers, AgreesWithAMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    ClientNumbers numbers{ClientId{1}, Sequence{1}, 4};
    std::map<std::uint32_t, Slot> unfinished;
    std::uint32_t next = 1;
    std::uint32_t sent = 1;  // Those below.
    for (int step = 0; step < 3'000; ++step) {
      if (random.below(2) == 0 && unfinished.size() < 50) {
        const auto slot = static_cast<Slot>(random.below(1'000));
        ASSERT_TRUE(numbers.can_give());
        ASSERT_EQ(numbers.give(slot), Sequence{next});
        unfinished[next++] = slot;
        ASSERT_EQ(numbers.unsent(Sequence{next - 1}), slot);
      } else if (random.below(3) == 0) {
        const auto more = static_cast<std::uint32_t>(random.below(next - sent + 1));
        numbers.send(more);
        sent += more;
      } else if (random.below(20) == 0) {
        numbers.take_back();
        unfinished.erase(unfinished.lower_bound(sent), unfinished.end());
        next = sent;
      } else if (!unfinished.empty() && unfinished.begin()->first < sent) {
        // Mostly the oldest.
        auto ended = unfinished.begin();
        if (random.below(4) == 0) {
          std::advance(ended, random.below(unfinished.size()));
        }
        if (ended->first >= sent) continue;
        numbers.finish(Sequence{ended->first});
        unfinished.erase(ended);
      }
      ASSERT_EQ(numbers.lowest_unfinished(), unfinished.empty() ? next : unfinished.begin()->first);
      ASSERT_EQ(numbers.all_finished(), unfinished.empty());
      const auto asked = static_cast<std::uint32_t>(random.below(next + 10));
      const auto found = asked < sent ? unfinished.find(asked) : unfinished.end();
      ASSERT_EQ(numbers.find(Sequence{asked}), found == unfinished.end() ? kNoSlot : found->second);
    }
  }
}

TEST(ClientNumbers, GivesNoMoreThanTheWindowAndNoneBeyondTheLast) {
  ClientNumbers numbers{ClientId{1}, Sequence{1}, 1};
  for (std::uint32_t i = 0; i < kWindow; ++i) {
    ASSERT_TRUE(numbers.can_give());
    numbers.give(i);
  }
  EXPECT_FALSE(numbers.can_give());
  numbers.send(kWindow);
  EXPECT_EQ(numbers.find(Sequence{1}), 0U);
  EXPECT_EQ(numbers.find(Sequence{kWindow}), kWindow - 1);
  numbers.finish(Sequence{1});
  EXPECT_TRUE(numbers.can_give());

  ClientNumbers last{ClientId{1}, kLastSequence, 1};
  ASSERT_TRUE(last.can_give());
  EXPECT_EQ(last.give(5), kLastSequence);
  last.send(1);
  EXPECT_TRUE(last.used_up());
  EXPECT_FALSE(last.can_give());
  EXPECT_EQ(last.find(kLastSequence), 5U);
  last.finish(kLastSequence);
  EXPECT_EQ(last.lowest_unfinished(), 0x8000'0000U);
}

TEST(ClientNumbers, GivesNoneUnasked) {
  ClientNumbers numbers{ClientId{1}, Sequence{1}, 1};
  EXPECT_DEATH(numbers.give(0), "a bug");
}

/// About to give the last two numbers of its client_id.
ClientStory near_the_end() {
  ClientStory::Options options;
  options.policy.give_up = 1h;
  options.first = Sequence{0x7fff'fffe};
  return ClientStory{options};
}

TEST(ClientNumbers, AfterTheLastAnotherClientIdBeginsAtOne) {
  ClientStory story = near_the_end();
  for (int i = 0; i < 4; ++i) story.ask();
  story.meet();
  const auto sent = story.all_sent();
  ASSERT_THAT(sent, SizeIs(2)) << "each client_id has datagrams of its own";
  EXPECT_THAT(sent[0].numbers(), ElementsAre(0x7fff'fffe, 0x7fff'ffff));
  EXPECT_THAT(sent[1].numbers(), ElementsAre(1, 2));
  EXPECT_EQ(sent[1].header.note, 1U);
  EXPECT_NE(sent[1].header.client_id, sent[0].header.client_id);
  EXPECT_EQ(steering(sent[1].header.client_id), steering(sent[0].header.client_id));
  EXPECT_EQ(sent[1].header.epoch, sent[0].header.epoch);
  EXPECT_EQ(sent[1].header.ticket, sent[0].header.ticket);
  EXPECT_EQ(sent[1].header.turn, sent[0].header.turn);
}

TEST(ClientNumbers, RequestsOfTheFormerClientIdGoOnUnderIt) {
  ClientStory story = near_the_end();
  const RequestId former = story.ask("former");
  story.ask("former too");
  story.ask("present");
  story.meet();
  story.all_sent();
  story.now += 100ms;
  story.core.handle_timeout(story.now);
  const auto copies = story.all_sent();
  ASSERT_THAT(copies, SizeIs(2));
  EXPECT_THAT(copies[0].numbers(), ElementsAre(0x7fff'fffe, 0x7fff'ffff));
  EXPECT_EQ(copies[0].header.client_id, ClientId{ClientStory::kClientId});
  EXPECT_THAT(copies[1].numbers(), ElementsAre(1));

  story.hear({reply_to(0x7fff'fffe)});
  EXPECT_TRUE(story.ended());
  EXPECT_EQ(story.last_ended, former);
  story.hear({reply_to(0x7fff'ffff)});
  EXPECT_TRUE(story.ended());
  const Seen last = story.sent().value();
  EXPECT_TRUE(last.bare()) << "the server may forget its replies";
  EXPECT_EQ(last.header.client_id, ClientId{ClientStory::kClientId});
  EXPECT_EQ(last.header.note, 0x8000'0000U);
}

TEST(ClientNumbers, NoThirdIsDrawnWhileTheFormerIsInUse) {
  ClientStory::Options options;
  options.policy.give_up = 1h;
  options.first = kLastSequence;
  ClientStory story{options};
  story.ask("former");
  story.ask("present");
  story.meet();
  EXPECT_THAT(story.all_sent(), SizeIs(2));
  const std::size_t drawn = story.secrets.size();
  for (int i = 0; i < 20; ++i) story.ask();
  story.all_sent();
  EXPECT_EQ(story.secrets.size(), drawn);
}

TEST(ClientNumbers, AClientThatFallsIdleTellsItsLIfRepliesAreKeptForIt) {
  ClientStory story;
  const std::string large(60'000, 'x');
  for (int i = 0; i < 3; ++i) story.ask();
  story.meet_and_send();
  for (std::uint32_t number = 1; number <= 3; ++number) {
    story.hear({reply_to(number, large)});
    story.ended();
  }
  const auto told = story.pass_and_see(10s);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_TRUE(told[0].bare());
  EXPECT_EQ(told[0].header.note, 4U);
  EXPECT_FALSE(story.core.next_timeout());
  story.hear_bare(1);

  story.ask();
  EXPECT_TRUE(story.sent());
  story.hear({reply_to(4, "small")});
  story.ended();
  EXPECT_THAT(story.pass(10s), IsEmpty());
}

}  // namespace
}  // namespace volley
