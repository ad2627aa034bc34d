// ClientCore as its users see it; what it does is told in the other client tests.

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

#include <volley/client_core.hpp>

#include "client_story.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(ClientCore, AsksAndIsAnsweredAndMayMoveMeanwhile) {
  constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};
  Instant now{1h};
  ClientCore first{{.server = kServer, .draw_secret = [] { return std::uint64_t{7}; }}};
  std::vector<std::byte> buffer(kMaxPayload);
  const auto request = first.request(as_bytes("ask"), {}, now);
  ASSERT_TRUE(request);
  EXPECT_EQ(first.poll_transmit(buffer, now)->size, kHeaderSize);
  EXPECT_EQ(first.in_flight(), 1U);
  EXPECT_TRUE(first.has_room());
  EXPECT_GE(first.next_timeout(), now + 100ms);

  ClientCore core = std::move(first);
  std::vector<std::byte> datagram(kHeaderSize + 12);
  ClearHeader header{.from = Side::kServer,
                     .client_id = ClientId{7},
                     .epoch = Epoch{8},
                     .ticket = Ticket{9},
                     .note = 1};
  write_clear_header(header, datagram);
  now += 2ms;
  core.handle_datagram({.peer = kServer, .payload = Bytes{datagram}.first(kHeaderSize)}, now);
  EXPECT_EQ(core.smoothed_round_trip(), 2ms);
  EXPECT_GT(core.poll_transmit(buffer, now)->size, kHeaderSize);

  FrameWriter frames{MutableBytes{datagram}.subspan(kHeaderSize)};
  ASSERT_TRUE(frames.write(reply_to(1, "")));
  core.handle_hint(ErrorCode::kRefused, now);
  core.handle_timeout(now);
  core.handle_datagram({.peer = kServer, .payload = datagram}, now);
  const auto event = core.poll_event();
  ASSERT_TRUE(event && event->answer);
  EXPECT_EQ(event->request, *request);
  EXPECT_TRUE(*event->answer);
  EXPECT_FALSE(core.poll_event());
  EXPECT_EQ(core.congestion_window(), 10);
  EXPECT_EQ(core.counters().replies, 1U);

  ASSERT_TRUE(core.ping(44, now));
  core.cancel(core.request({}, {}, now).value(), now);
  EXPECT_EQ(core.poll_event()->answer->outcome, Outcome::kNotExecuted);
}

}  // namespace
}  // namespace volley
