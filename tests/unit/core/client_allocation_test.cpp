#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "allocation_count.hpp"
#include "base/random.hpp"
#include "core/client_state.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};

/// Keeps a client busy with a server that loses, repeats and puts off, and allocates nothing
/// itself.
class BusyTalk {
 public:
  explicit BusyTalk(std::size_t window)
      : core_{{.server = kServer,
               .window = window,
               .seed = 3,
               .draw_secret = [] { return std::uint64_t{0x1234'5678'9abc'def0}; }},
              Sequence{1}},
        sent_(kMaxPayload),
        answer_(kMaxPayload) {}

  void run(int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      while (core_.has_room()) {
        // So many of each kind of size that the most at a time is no matter of luck.
        const std::uint64_t kind = ++asked_ % 20;
        const std::size_t size = kind == 0 ? body_.size() : kind < 4 ? 100 : 3 * kind;
        const RequestOptions options{.idempotent = random_.below(4) == 0};
        ASSERT_TRUE(core_.request(Bytes{body_}.first(size), options, now_));
      }
      while (const auto transmit = core_.poll_transmit(sent_, now_)) {
        if (random_.below(10) == 0) continue;
        answer(Bytes{sent_}.first(transmit->size));
        if (random_.below(20) == 0) hear();
      }
      now_ += 1ms;
      core_.handle_timeout(now_);
      while (core_.poll_event()) ++ended_;
    }
  }

  std::uint64_t ended() const { return ended_; }
  const ClientCounters& counters() const { return core_.counters(); }

 private:
  void answer(Bytes datagram) {
    const auto header = read_clear_header(datagram, Side::kClient);
    FrameReader asked{datagram.subspan(kHeaderSize)};
    FrameWriter frames{MutableBytes{answer_}.subspan(kHeaderSize)};
    while (const auto frame = asked.next()) {
      // Nobody answers the first, so that the others' numbers go as far from it as they may.
      if (frame->sequence == Sequence{1}) continue;
      Frame answer{.type = FrameType::kReply,
                   .attempt = frame->attempt,
                   .sequence = frame->sequence,
                   .body = frame->body};
      if (random_.below(10) == 0) {
        answer = {
            .type = FrameType::kWorking, .attempt = frame->attempt, .sequence = frame->sequence};
      }
      EXPECT_TRUE(frames.write(answer));
    }
    ++uptime_;
    write_clear_header({.from = Side::kServer,
                        .turn = header->turn,
                        .client_id = header->client_id,
                        .epoch = Epoch{7},
                        .ticket = Ticket{1 + uptime_ / 10'000},
                        .note = uptime_},
                       answer_);
    heard_ = Bytes{answer_}.first(kHeaderSize + frames.size());
    hear();
  }

  void hear() {
    core_.handle_datagram({.peer = kServer, .payload = heard_}, now_);
    while (core_.poll_event()) ++ended_;
  }

  ClientState core_;
  Instant now_{1h};
  Random random_{1};
  std::vector<std::byte> body_ = std::vector<std::byte>(3'000);
  std::vector<std::byte> sent_;
  std::vector<std::byte> answer_;
  Bytes heard_{};
  std::uint32_t uptime_ = 1'000;
  std::uint64_t asked_ = 0;
  std::uint64_t ended_ = 0;
};

TEST(ClientAllocation, ASteadyFlowMakesNone) {
  BusyTalk talk{256};
  talk.run(80'000);  // Until everything has grown to its largest.
  const std::uint64_t ended = talk.ended();
  const std::uint64_t before = allocation_count();
  talk.run(20'000);
  EXPECT_EQ(allocation_count(), before);
  EXPECT_GT(talk.ended(), ended + 100'000) << "too quiet to prove anything";
  EXPECT_GT(talk.counters().expired, 1'000U);
  EXPECT_GT(talk.counters().probes, 1'000U);
}

TEST(ClientAllocation, NothingThatComesInMakesIt) {
  ClientState core{{.server = kServer, .seed = 3, .draw_secret = [] { return std::uint64_t{7}; }},
                   Sequence{1}};
  std::vector<std::byte> buffer(kMaxPayload);
  Instant now{1h};
  ASSERT_TRUE(core.request({}, {.timeout = 10h}, now));
  ASSERT_TRUE(core.poll_transmit(buffer, now));
  const ClearHeader header{.from = Side::kServer,
                           .client_id = ClientId{7},
                           .epoch = Epoch{7},
                           .ticket = Ticket{1},
                           .note = 1};
  std::vector<std::byte> datagram(kHeaderSize);
  write_clear_header(header, datagram);
  core.handle_datagram({.peer = kServer, .payload = datagram}, now);
  ASSERT_TRUE(core.poll_transmit(buffer, now));

  const std::uint64_t before = allocation_count();
  Random random{1};
  datagram.reserve(kHeaderSize + 300);
  const std::uint64_t with_room = allocation_count();
  for (int i = 0; i < 200'000; ++i) {
    datagram.resize(kHeaderSize + random.below(300));
    for (std::byte& octet : MutableBytes{datagram}.subspan(kHeaderSize)) {
      octet = static_cast<std::byte>(random.below(4));
    }
    write_clear_header(header, datagram);
    datagram[random.below(kHeaderSize)] ^= static_cast<std::byte>(random.below(2));
    now += 1ms;
    core.handle_datagram({.peer = kServer, .payload = datagram}, now);
    core.handle_timeout(now);
    while (core.poll_transmit(buffer, now)) continue;
    while (core.poll_event()) continue;
  }
  EXPECT_EQ(allocation_count(), with_room);
  EXPECT_LE(with_room, before + 1);
  EXPECT_GT(core.counters().dropped_malformed, 1'000U);
}

}  // namespace
}  // namespace volley
