// What loss and an outage cost a client that keeps requests in flight, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <volley/client_core.hpp>
#include <volley/server_core.hpp>

#include "base/random.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kServer{IpAddress::v4(192, 168, 0, 1), 1060};
constexpr Endpoint kClient{IpAddress::v4(192, 168, 0, 2), 40'000};
struct Loss {
  double up = 0;
  double down = 0;
};

struct Load {
  std::size_t in_flight = 1'024;
  std::size_t size = 64;
  RetryPolicy policy = kLocalPolicy;
  Duration one_way = 1ms;
};

ServerCore::Options server_options() {
  ServerCore::Options options;
  options.limits.client_share = 1;
  options.limits.address_share = 1;
  options.incarnation.epoch = 7;
  options.incarnation.birth = Instant{59min};
  return options;
}

/// Both ends and the path between them, which carries any number of datagrams.
class Path {
 public:
  Path(const Load& load, Loss loss, std::uint64_t seed)
      : loss_{loss},
        one_way_{load.one_way},
        random_{seed},
        buffer_(65'507),
        body_(load.size),
        client_{{.server = kServer,
                 .policy = without_deadline(load.policy),
                 .window = load.in_flight,
                 .seed = seed,
                 .draw_secret = [this] { return random_.next(); }}},
        server_{server_options()} {}

  /// Runs for so long; gives the requests that were answered.
  std::uint64_t run(Duration duration) {
    const std::uint64_t before = answered_;
    const Instant end = now_ + duration;
    while (now_ < end) {
      ask();
      exchange();
      now_ = std::min(end, next());
      arrive();
      if (client_.next_timeout().value_or(end) <= now_) client_.handle_timeout(now_);
      if (server_.next_timeout().value_or(end) <= now_) server_.handle_timeout(now_);
    }
    return answered_ - before;
  }
  void set_loss(Loss loss) { loss_ = loss; }
  /// How long those took that were answered so far.
  std::vector<Duration>& latencies() { return latencies_; }

 private:
  struct Travelling {
    bool up;
    std::vector<std::byte> bytes;
  };

  /// So that nothing but the path decides.
  static RetryPolicy without_deadline(RetryPolicy policy) {
    policy.give_up = 1h;
    return policy;
  }

  void ask() {
    while (client_.has_room()) {
      ASSERT_TRUE(client_.request(body_, {}, now_));
    }
  }

  void exchange() {
    bool more = true;
    while (more) {
      more = false;
      while (const auto sent = client_.poll_transmit(buffer_, now_)) send(true, sent->size);
      while (const auto* const execution = server_.poll_request(now_)) {
        server_.reply(execution->id, 0, execution->body, now_);
        more = true;
      }
      while (const auto sent = server_.poll_transmit(buffer_, now_)) send(false, sent->size);
      while (const auto* const event = client_.poll_event()) {
        more = true;
        if (!event->answer || !*event->answer) continue;
        ++answered_;
        latencies_.push_back(event->answer->elapsed);
      }
    }
  }

  void send(bool up, std::size_t size) {
    if (random_.unit() < (up ? loss_.up : loss_.down)) return;
    const auto begin = buffer_.begin();
    path_.emplace(now_ + one_way_,
                  Travelling{up, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
  }

  Instant next() const {
    Instant next = Instant::max();
    if (!path_.empty()) next = path_.begin()->first;
    next = std::min(next, client_.next_timeout().value_or(next));
    return std::min(next, server_.next_timeout().value_or(next));
  }

  void arrive() {
    while (!path_.empty() && path_.begin()->first <= now_) {
      const Travelling arrived = std::move(path_.begin()->second);
      path_.erase(path_.begin());
      if (arrived.up) {
        server_.handle_datagram({.peer = kClient, .local = kServer, .payload = arrived.bytes},
                                now_);
      } else {
        client_.handle_datagram({.peer = kServer, .payload = arrived.bytes}, now_);
      }
      exchange();
    }
  }

  Loss loss_;
  Duration one_way_;
  Random random_;
  Instant now_{1h};
  std::vector<std::byte> buffer_;
  std::vector<std::byte> body_;
  std::multimap<Instant, Travelling> path_;
  ClientCore client_;
  ServerCore server_;
  std::uint64_t answered_ = 0;
  std::vector<Duration> latencies_;
};

double rate(Loss loss, std::uint64_t seed) {
  Path path{{}, loss, seed};
  path.run(1s);
  return static_cast<double>(path.run(10s));
}

/// A window that each loss halves is twelve datagrams at the mean if one in a hundred is lost, and
/// here 69 are wanted.
TEST(LossyPath, OnePercentLostLeavesAFifthOfTheRate) {
  const double whole = rate({}, 1);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    EXPECT_GT(rate({.up = 0.01}, seed), 0.2 * whole);
    EXPECT_GT(rate({.down = 0.01}, seed), 0.2 * whole);
    EXPECT_GT(rate({.up = 0.01, .down = 0.01}, seed), 0.15 * whole);
  }
}

TEST(LossyPath, WhatIsLostIsAskedAgainAfterARoundTripAndNotAfterAWait) {
  // Each datagram has one request. A wait is 200 ms at least.
  const Load load{.in_flight = 10, .size = 1'100, .policy = kInternetPolicy, .one_way = 10ms};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    Path path{load, {.up = 0.01, .down = 0.01}, seed};
    path.run(60s);
    auto& latencies = path.latencies();
    ASSERT_GT(latencies.size(), 10'000U);
    std::ranges::sort(latencies);
    EXPECT_GT(latencies[latencies.size() * 99 / 100], 20ms) << "nothing was lost";
    // It takes 9/8 of a round trip to see the loss, one for the copy, and some waiting for room.
    EXPECT_LT(latencies[latencies.size() * 999 / 1'000], 4 * 20ms);
  }
}

TEST(LossyPath, AnOutageOfTwoSecondsIsOverWithinASecond) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Path path{{}, {}, seed};
    path.run(1s);
    const std::uint64_t before = path.run(100ms);
    path.set_loss({.up = 1, .down = 1});
    path.run(2s);
    path.set_loss({});
    path.run(900ms);
    EXPECT_GT(path.run(100ms), before * 9 / 10);
  }
}

}  // namespace
}  // namespace volley
