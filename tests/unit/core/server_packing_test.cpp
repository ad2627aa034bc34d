#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <volley/options.hpp>

#include "server_world.hpp"

namespace volley {
namespace {

// protocol.md §8.

std::vector<Frame> requests(std::uint32_t first, std::uint32_t count, std::string_view body) {
  std::vector<Frame> frames;
  for (std::uint32_t number = first; number < first + count; ++number) {
    frames.push_back(request(number, body));
  }
  return frames;
}

std::size_t frames_in(const Heard& answer) {
  return static_cast<std::size_t>(std::ranges::count(answer.frames, ',')) + 1;
}

TEST(ServerPacking, AnswersADatagramOfRequestsWithOne) {
  ServerWorld world;
  world.echo = true;
  const std::string body(64, 'x');
  FakeClient client = world.client();
  world.hear(client, requests(1, 15, body));
  EXPECT_EQ(world.heard().size(), 1U);
  // Where the table of the client's numbers does not grow meanwhile, the replies share a frame.
  client.lowest = 16;
  world.hear(client, requests(16, 15, body));
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(frames_in(answers[0]), 15U);
  EXPECT_EQ(answers[0].size, 32U + 12 + 15 * 64);
  EXPECT_EQ(world.counters().sent, 3U);
}

TEST(ServerPacking, RepliesToIdempotentRequestsShareAFrameToo) {
  ServerWorld world;
  world.echo = true;
  const std::string body(64, 'x');
  std::vector<Frame> frames;
  for (std::uint32_t number = 1; number <= 15; ++number) frames.push_back(idempotent(number, body));
  frames.insert(frames.begin() + 5, request(20, body));
  world.hear(world.client(), frames);
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(frames_in(answers[0]), 16U);
  // 1 to 5 have a page, and 20; while that is open, the others have one each, and share a frame.
  EXPECT_EQ(answers[0].size, 32U + 3 * 12 + 16 * 64);
}

/// Else a datagram could draw a page of 16 KB for each of its octets.
TEST(ServerPacking, IdempotentRequestsOutOfOrderTakeLittle) {
  ServerWorld world;
  world.echo = true;
  const FakeClient client = world.client();
  const std::uint64_t before = world.counters().bytes;
  std::vector<Frame> frames;
  for (std::uint32_t number = 4'000; number > 0; --number) {
    frames.push_back(idempotent(number, "abc"));
  }
  world.hear(client, frames);
  EXPECT_LT(world.counters().bytes - before, 4'000U * 256);
  std::size_t replies = 0;
  for (const Heard& answer : world.heard()) replies += frames_in(answer);
  EXPECT_EQ(replies, 4'000U);
}

TEST(ServerPacking, ADatagramIsBorrowedUntilItHasNoMoreRequests) {
  ServerWorld world;
  world.echo = true;
  {
    // So much PAD that another frame could be there. An address sanitizer sees who looks again.
    const auto octets = ServerWorld::datagram(world.client(), requests(1, 3, "a"), 100);
    world.hear(world.client().peer, octets);
  }
  EXPECT_EQ(world.core.poll_request(world.now), nullptr);
  EXPECT_EQ(world.said(), "REPLY 1 \"a\", REPLY 2 \"a\", REPLY 3 \"a\"");
}

TEST(ServerPacking, LetsWhatIsQueuedToOneClientShareDatagrams) {
  ServerWorld world;
  world.echo = true;
  const FakeClient one = world.client(1);
  const FakeClient two = world.client(2);
  for (std::uint32_t number = 1; number <= 3; ++number) world.hear(one, requests(number, 1, "a"));
  world.hear(two, requests(1, 2, "b"));
  EXPECT_EQ(world.said(),
            "REPLY 1 \"a\", REPLY 2 \"a\", REPLY 3 \"a\" | REPLY 1 \"b\", REPLY 2 \"b\"");
}

TEST(ServerPacking, KeepsToTheDatagramSize) {
  ServerWorld world;
  const FakeClient client = world.client();
  for (const std::size_t size : {0U, 1U, 64U, 500U, 572U, 573U, 1'156U}) {
    world.hear(client, requests(static_cast<std::uint32_t>(1 + size * 10), 10, "a"));
    for (int i = 0; i < 10; ++i) world.reply("a", std::string(size, 'x'));
    std::size_t frames = 0;
    for (const Heard& answer : world.heard()) {
      EXPECT_LE(answer.size, kDatagramSize);
      frames += frames_in(answer);
    }
    EXPECT_EQ(frames, 10U);
  }
}

TEST(ServerPacking, SendsWhatIsLongerAlone) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, requests(1, 4, "a"));
  for (const std::size_t size : {10U, 2'000U, 3'000U, 10U}) {
    world.reply("a", std::string(size, 'x'));
  }
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[1].size, 2'044U);
  EXPECT_EQ(answers[2].size, 3'044U);
  for (const Heard& answer : answers) EXPECT_EQ(answer.run, 1U);
}

TEST(ServerPacking, FillsTheDatagramsOfARunButTheLast) {
  ServerWorld world;
  const FakeClient client = world.client();
  world.hear(client, requests(1, 60, "a"));
  for (std::size_t i = 0; i < 60; ++i) world.reply("a", std::string(100 + i * 7 % 60, 'x'));
  const auto answers = world.heard();
  ASSERT_GT(answers.size(), 4U);
  std::size_t frames = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    frames += frames_in(answers[i]);
    EXPECT_EQ(answers[i].run, answers.size());
    if (i + 1 < answers.size()) {
      EXPECT_EQ(answers[i].size, answers[0].size);
    } else {
      EXPECT_LE(answers[i].size, answers[0].size);
    }
  }
  EXPECT_LE(answers[0].size, kDatagramSize);
  EXPECT_EQ(frames, 60U);
}

TEST(ServerPacking, KeepsToTheLengthOfARun) {
  ServerWorld world;
  const FakeClient client = world.client();
  for (std::uint32_t number = 1; number < 1'000; number += 100) {
    world.hear(client, requests(number, 100, "a"));
    for (int i = 0; i < 100; ++i) world.reply("a", std::string(1'000, 'x'));
  }
  std::size_t datagrams = 0;
  std::size_t longest = 0;
  for (const Heard& answer : world.heard()) {
    ++datagrams;
    longest = std::max(longest, answer.run);
    EXPECT_LE(answer.run * answer.size, BatchLimits::kRunBytes);
  }
  EXPECT_EQ(datagrams, 1'000U);
  EXPECT_EQ(longest, BatchLimits::kRunBytes / 1'044);
  world.hear(client, requests(1'001, 1'000, "b"));
  for (int i = 0; i < 1'000; ++i) world.reply("b", std::string(600, 'x'));
  longest = 0;
  for (const Heard& answer : world.heard()) longest = std::max(longest, answer.run);
  EXPECT_EQ(longest, BatchLimits::kSegments);
}

/// A world whose loopback carries larger datagrams, and a client there.
struct Nearby {
  static ServerCore::Options options() {
    ServerCore::Options options = ServerWorld::defaults();
    options.loopback_datagram_size = 16'376;
    return options;
  }
  static FakeClient neighbour() {
    FakeClient client = ServerWorld::stranger();
    client.peer = {IpAddress::v4(127, 0, 0, 1), 5'000};
    return client;
  }

  ServerWorld world{options()};
  FakeClient client = world.greet(neighbour());
};

TEST(ServerPacking, SharesLargerDatagramsWithinThisMachine) {
  Nearby nearby;
  nearby.world.echo = true;
  const std::string body(64, 'x');
  nearby.world.hear(nearby.client, requests(1, 200, body));
  const auto answers = nearby.world.heard();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_GE(answers[0].size, 32U + 12 + 200 * 64);

  nearby.world.hear(nearby.world.client(2), requests(1, 200, body));
  for (const Heard& answer : nearby.world.heard()) EXPECT_LE(answer.size, kDatagramSize);
}

// protocol.md §8.1: should the path carry no large datagrams, the copy gets there.
TEST(ServerPacking, AnswersAgainWithinTheDatagramSize) {
  Nearby nearby;
  nearby.world.echo = true;
  const std::string body(64, 'x');
  nearby.world.hear(nearby.client, requests(1, 50, body));
  EXPECT_EQ(nearby.world.heard().size(), 1U);

  std::vector<Frame> frames = requests(51, 60, body);
  for (std::uint32_t number = 1; number <= 50; ++number) {
    frames.push_back(request(number, body, 2));
  }
  for (const Frame& frame : requests(111, 60, body)) frames.push_back(frame);
  nearby.world.hear(nearby.client, frames);
  std::size_t found = 0;
  bool large = false;
  for (const Heard& answer : nearby.world.heard()) {
    found += frames_in(answer);
    large |= answer.size > kDatagramSize;
    for (std::uint32_t number = 1; number <= 50; ++number) {
      const bool again = answer.frames.contains("REPLY " + std::to_string(number) + " ");
      EXPECT_TRUE(!again || answer.size <= kDatagramSize) << number << " in " << answer.size;
    }
  }
  EXPECT_EQ(found, 170U);
  EXPECT_TRUE(large) << "what is answered the first time shares larger ones";
}

TEST(ServerPacking, NeverFillsABareHeaderOrALoneAnswer) {
  ServerWorld world;
  world.echo = true;
  const FakeClient client = world.client();
  world.hear(client, requests(1, 30, std::string(64, 'x')));
  world.hear(client, {});
  world.hear(client, requests(31, 1, "a"));
  world.hear(client, {ping(1, 10)});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0].run, 2U);
  EXPECT_EQ(answers[2].size, kHeaderSize);
  EXPECT_EQ(answers[2].run, 1U);
  EXPECT_EQ(answers[3].size, 45U);
  EXPECT_EQ(answers[4].size, 54U);
}

}  // namespace
}  // namespace volley
