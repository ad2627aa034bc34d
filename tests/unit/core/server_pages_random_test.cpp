#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "server_world.hpp"
#include "wire/frame_reader.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

/// What the server must answer to a number: its body is the number, as often as fits.
std::string reply_to(std::uint32_t number, std::size_t size) {
  std::string body;
  while (body.size() < size) body += std::to_string(number) + ' ';
  body.resize(size);
  return body;
}

/// A client that asks anything in any order, of handlers that end at any time and in any way, and
/// looks at every answer.
class AnyTraffic {
 public:
  AnyTraffic(std::uint64_t seed, std::size_t memory)
      : random_{seed}, memory_{memory}, world_{options(memory)}, client_{world_.greet(near())} {}

  void run(unsigned steps) {
    for (unsigned step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      hear();
      for (unsigned ends = chance(4) ? one_of(20) : 0; ends > 0 && !late_.empty(); --ends)
        end_one();
      if (chance(2)) look();
      if (chance(3)) raise_base();
      if (chance(10)) world_.pass(1ms);
      EXPECT_LE(world_.counters().bytes, memory_);
    }
  }

  /// All handlers end, all answers are seen, and the client falls silent.
  void end() {
    while (!late_.empty()) {
      end_one();
      look();
    }
    world_.pass(300s);
    // Which checks that all room was given back.
    EXPECT_EQ(world_.counters().contexts, 0U);
    EXPECT_EQ(world_.counters().replied, seen_);
  }

  std::uint64_t seen() const { return seen_; }
  std::uint64_t large() const { return large_; }
  const ServerCounters& counters() const { return world_.counters(); }

 private:
  static ServerCore::Options options(std::size_t memory) {
    auto options = ServerWorld::defaults();
    options.limits.memory = memory;
    options.limits.address_share = 1;
    options.limits.running_per_client = 40;
    options.loopback_datagram_size = 16'376;
    return options;
  }
  static FakeClient near() {
    FakeClient client = ServerWorld::stranger();
    client.peer = {IpAddress::v4(127, 0, 0, 1), 5'000};
    return client;
  }

  bool chance(unsigned one_in) { return random_.next() % one_in == 0; }
  std::uint32_t one_of(std::uint32_t most) {
    return static_cast<std::uint32_t>(random_.next() % most);
  }

  void raise_base() {
    const std::uint32_t open = one_of(1'000);
    if (next_ > open) client_.lowest = std::max(client_.lowest, next_ - open);
  }

  Frame any_frame() {
    const bool known = chance(5) && next_ > client_.lowest;
    const std::uint32_t number =
        known ? client_.lowest + one_of(next_ - client_.lowest) : std::exchange(next_, next_ + 1);
    if (chance(30)) next_ += one_of(100);
    const auto attempt = static_cast<std::uint8_t>(known || chance(10) ? 2 + one_of(3) : 1);
    if (chance(20)) return ping(number);
    asked_[number].insert(attempt);
    if (chance(20)) return probe(number, attempt);
    if (chance(20)) return idempotent(number, filler_, attempt);
    return request(number, std::string_view{filler_}.substr(0, one_of(100)), attempt);
  }

  void hear() {
    std::vector<Frame> frames;
    for (std::uint32_t count = chance(3) ? 200 : 1 + one_of(20); count > 0; --count) {
      frames.push_back(any_frame());
    }
    if (chance(4)) std::ranges::reverse(frames);
    const auto octets = ServerWorld::datagram(client_, frames, chance(10) ? 100 : 0);
    numbers_.clear();
    FrameReader reader{Bytes{octets}.subspan(kHeaderSize)};
    while (const auto frame = reader.next()) {
      numbers_[frame->body.data()] = std::to_underlying(frame->sequence);
    }
    world_.core.handle_datagram(
        {.peer = client_.peer, .local = ServerWorld::kLocal, .payload = octets}, world_.now);
    const bool all_late = chance(10);
    while (const auto execution = world_.core.poll_request(world_.now)) {
      handle(*execution, all_late);
      if (chance(200)) look();
      if (chance(100) && !late_.empty()) end_one();
      if (chance(500)) return;  // What is left is lost.
    }
  }

  struct Late {
    ExecutionId id;
    std::uint32_t number;
  };
  /// The number is not told, but found by where the body stands in the datagram.
  void handle(const Execution& execution, bool late) {
    const std::uint32_t number = number_of(execution);
    if (!execution.idempotent) {
      EXPECT_TRUE(executed_.insert(number).second) << number << " runs twice";
    }
    if (late || chance(20)) {
      late_.push_back({.id = execution.id, .number = number});
    } else {
      finish({.id = execution.id, .number = number});
    }
  }
  std::uint32_t number_of(const Execution& execution) const {
    return numbers_.at(execution.body.data());
  }

  void end_one() {
    std::swap(late_[one_of(static_cast<std::uint32_t>(late_.size()))], late_.back());
    const Late late = late_.back();
    late_.pop_back();
    finish(late);
  }
  void finish(const Late& late) {
    if (chance(50)) return world_.core.abandon(late.id, world_.now);
    const std::size_t size = chance(300)  ? one_of(20'000)
                             : chance(20) ? one_of(2'000)
                                          : one_of(150);
    const std::string body = reply_to(late.number, size);
    world_.core.reply(late.id, 0, as_bytes(body), world_.now);
  }

  void look() {
    for (const Heard& heard : world_.heard()) {
      large_ += heard.size > kDatagramSize ? 1 : 0;
      FrameReader reader{Bytes{heard.bytes}.subspan(kHeaderSize)};
      while (const auto frame = reader.next()) {
        if (frame->type != FrameType::kReply) continue;
        ++seen_;
        const auto number = std::to_underlying(frame->sequence);
        EXPECT_EQ(as_text(frame->body), reply_to(number, frame->body.size()));
        EXPECT_TRUE(asked_[number].contains(frame->attempt)) << number << " " << frame->attempt;
      }
    }
  }

  Random random_;
  std::size_t memory_;
  ServerWorld world_;
  FakeClient client_;
  const std::string filler_ = std::string(200, 'f');
  std::uint32_t next_ = 1;
  std::uint64_t seen_ = 0;
  std::uint64_t large_ = 0;
  std::vector<Late> late_;
  std::map<const std::byte*, std::uint32_t> numbers_;  // Of the bodies of a datagram.
  std::set<std::uint32_t> executed_;
  std::map<std::uint32_t, std::set<std::uint8_t>> asked_;
};

TEST(ServerPagesAtRandom, GiveEachNumberItsReplyForItsAttempt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    AnyTraffic traffic{seed, std::size_t{64} * 1024 * 1024};
    traffic.run(200);
    traffic.end();
    EXPECT_GT(traffic.seen(), 4'000U);
    EXPECT_GT(traffic.large(), 20U);
    EXPECT_GT(traffic.counters().repeated, 100U);
    EXPECT_EQ(traffic.counters().lost, 0U);
  }
}

TEST(ServerPagesAtRandom, KeepToTheirRoomWhenItIsScarce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    AnyTraffic traffic{seed, std::size_t{1024} * 1024};
    traffic.run(200);
    traffic.end();
    EXPECT_GT(traffic.seen(), 1'000U);
    EXPECT_GT(traffic.counters().busy, 100U);
    EXPECT_GT(traffic.counters().unkept, 0U);
  }
}

}  // namespace
}  // namespace volley
