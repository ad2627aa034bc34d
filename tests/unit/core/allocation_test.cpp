#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include <volley/datagram.hpp>

#include "allocation_count.hpp"
#include "base/random.hpp"
#include "core/raw_client_core.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};

/// Keeps a core busy: a full window, some answers lost, some doubled, some without an ID.
class BusyTalk {
 public:
  explicit BusyTalk(RawClientCore::Options options)
      : rtt_{options.policy}, core_{std::move(options), rtt_}, buffer_(kMaxPayload) {}

  void run(int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      while (core_.has_room()) ask();
      while (const auto transmit = core_.poll_transmit(buffer_, now_)) {
        answer({.peer = kServer, .payload = Bytes{buffer_}.first(transmit->size)});
        while (core_.poll_event()) ++ended_;
      }
      now_ += 1ms;
      core_.handle_timeout(now_);
      while (core_.poll_event()) ++ended_;
    }
  }

  std::uint64_t ended() const { return ended_; }

 private:
  void ask() {
    const std::size_t size = 16 + random_.below(body_.size() - 16);
    write_match_id(body_, {.size = 8}, {.high = 0, .low = next_id_++});
    EXPECT_TRUE(core_.request(Bytes{body_}.first(size), {}, now_));
  }

  void answer(const Datagram& answer) {
    if (random_.below(4) == 0) return;
    core_.handle_datagram(answer, now_);
    if (random_.below(4) == 0) core_.handle_datagram(answer, now_);
    if (random_.below(4) == 0) core_.handle_datagram({.peer = kServer, .payload = {}}, now_);
  }

  RttEstimator rtt_;
  RawClientCore core_;
  Instant now_{1h};
  Random random_{1};
  std::uint64_t next_id_ = 1;
  std::uint64_t ended_ = 0;
  std::array<std::byte, 200> body_{};
  std::vector<std::byte> buffer_;
};

void expect_no_allocations(RawClientCore::Options options) {
  BusyTalk talk{std::move(options)};
  talk.run(5'000);  // Until the slots' bodies have grown to their largest.
  const std::uint64_t ended = talk.ended();
  const std::uint64_t before = allocation_count();
  talk.run(20'000);
  EXPECT_EQ(allocation_count(), before);
  EXPECT_GT(talk.ended(), ended + 1'000) << "too quiet to prove anything";
}

TEST(Allocation, TheCounterCounts) {
  const std::uint64_t before = allocation_count();
  const auto memory = std::make_unique<std::deque<int>>(100);
  EXPECT_GT(allocation_count(), before);
}

TEST(Allocation, ASteadyFlowWithoutAMatcherMakesNone) {
  expect_no_allocations({.server = kServer, .policy = kLocalPolicy});
}

TEST(Allocation, ASteadyFlowWithAMatcherMakesNone) {
  expect_no_allocations(
      {.server = kServer,
       .policy = kLocalPolicy,
       .window = 64,
       .matcher = Matcher{Matcher::Field{.offset = 0, .size = 8, .reply_offset = 0}}});
}

}  // namespace
}  // namespace volley
