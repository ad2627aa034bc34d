#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "bench/histogram.hpp"
#include "bench/measure.hpp"

namespace bench {

/// What every load program is told: PORT SECONDS IN_FLIGHT SIZE.
struct LoadOptions {
  std::uint16_t port = 0;
  double seconds = 0;
  std::size_t in_flight = 0;
  std::size_t size = 0;  // Of a body, in bytes.
};

/// Ends the program if they are not such. It gets its lifetime here.
inline LoadOptions load_options(int argc, char** argv) {
  constexpr int kMostInFlight = 65'536;
  constexpr int kMostSize = 1'024;  // Any body fits into one datagram of any peer.
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s PORT SECONDS IN_FLIGHT SIZE\n", argv[0]);
    std::exit(2);
  }
  alarm(kLifetimeSeconds);
  return {.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
          .seconds = seconds_argument(argv[2]),
          .in_flight = static_cast<std::size_t>(std::clamp(std::atoi(argv[3]), 1, kMostInFlight)),
          .size = static_cast<std::size_t>(
              std::clamp(std::atoi(argv[4]), static_cast<int>(sizeof(std::uint64_t)), kMostSize))};
}

/// So long without any reply, and every request in flight counts as lost. ns
inline constexpr std::int64_t kLostAfter = 50'000'000;

/// How often a program that could wait for ever looks at the time. ms
inline constexpr unsigned kTickMs = 10;

/// So many datagrams are taken at most before a program with an event loop goes back to it.
inline constexpr int kMostTaken = 64;

/// The requests of one load program: what each says, whether its reply is its echo, when it is
/// over, and what is printed. How they travel is the peer's. One thread at a time.
///
/// Each request has a slot, below in_flight, and the next request of that slot is asked when it is
/// answered. A body begins with an id that no other request has, `round * in_flight + slot`; the
/// rest is the same in all of them.
class Load {
 public:
  explicit Load(const LoadOptions& options)
      : in_flight_{options.in_flight},
        ids_(options.in_flight),
        body_(options.size),
        begin_{monotonic_ns()},
        warm_{begin_ + static_cast<std::int64_t>(options.seconds * kWarmUp * 1e9)},
        end_{begin_ + static_cast<std::int64_t>(options.seconds * 1e9)},
        now_{begin_},
        heard_{begin_} {
    for (std::size_t i = 0; i < in_flight_; ++i) ids_[i] = i;
    for (std::size_t i = 0; i < body_.size(); ++i) body_[i] = static_cast<std::byte>(i * 37);
  }

  std::size_t in_flight() const { return in_flight_; }
  bool over() const { return now_ >= end_ || failed_ != 0; }

  /// The body of the slot's next request: until the next call.
  std::span<const std::byte> ask(std::size_t slot) {
    std::memcpy(body_.data(), &ids_[slot], sizeof ids_[slot]);
    if (in_flight_ == 1) sent_ = monotonic_ns();
    return body_;
  }

  /// Takes a reply: the slot that it answers. Nothing if it comes too late, after it was counted as
  /// lost, or if it is not an echo: then the load is over, and has failed.
  std::optional<std::size_t> take(std::span<const std::byte> reply) {
    std::uint64_t id = 0;
    if (reply.size() != body_.size() ||
        std::memcmp(reply.data() + sizeof id, body_.data() + sizeof id, reply.size() - sizeof id) !=
            0) {
      return fail("a reply is not an echo");
    }
    std::memcpy(&id, reply.data(), sizeof id);
    const std::size_t slot = id % in_flight_;
    if (id > ids_[slot]) return fail("a reply to what was not asked");
    if (id < ids_[slot]) return std::nullopt;
    ids_[slot] += in_flight_;
    count(monotonic_ns());
    return slot;
  }

  /// Looks at the time, for those whose replies may not come.
  void look() { now_ = monotonic_ns(); }

  /// The same, for a transport that loses. True if it lost all in flight: then each slot is to be
  /// asked anew.
  bool look_for_loss() {
    look();
    if (now_ - heard_ < kLostAfter) return false;
    heard_ = now_;
    lost_ += in_flight_;
    for (auto& id : ids_) id += in_flight_;
    return true;
  }

  /// Ends the load, for which the words say why.
  std::nullopt_t fail(const char* why) {
    std::fprintf(stderr, "%s\n", why);
    ++failed_;
    return std::nullopt;
  }

  /// Prints what was measured as JSON. The exit status.
  int finish() const {
    const double seconds = static_cast<double>(counted_until_ - counted_from_) / 1e9;
    const double rate = seconds > 0 ? static_cast<double>(replies_) / seconds : 0;
    std::printf("{\"rate\": %.0f, \"lost\": %llu, \"failed\": %llu", rate,
                static_cast<unsigned long long>(lost_), static_cast<unsigned long long>(failed_));
    if (in_flight_ == 1) {
      std::printf(", ");
      latency_.print_members();
    }
    std::printf("}\n");
    if (replies_ == 0) std::fprintf(stderr, "there were no replies\n");
    return failed_ != 0 || replies_ == 0 ? 1 : 0;
  }

 private:
  static constexpr double kWarmUp = 0.2;  // Of the time.

  void count(std::int64_t now) {
    now_ = heard_ = now;
    if (now < warm_) return;
    // The first reply after the warm-up starts the clock, and is not counted.
    if (counted_from_ == 0) {
      counted_from_ = counted_until_ = now;
      return;
    }
    ++replies_;
    counted_until_ = now;
    if (in_flight_ == 1) latency_.record(now - sent_);
  }

  std::size_t in_flight_;
  std::vector<std::uint64_t> ids_;  // Of each slot's request in flight.
  std::vector<std::byte> body_;
  std::int64_t begin_;
  std::int64_t warm_;
  std::int64_t end_;
  std::int64_t now_;
  std::int64_t heard_;
  std::int64_t sent_ = 0;
  std::int64_t counted_from_ = 0;
  std::int64_t counted_until_ = 0;
  std::uint64_t replies_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t failed_ = 0;
  Histogram latency_;
};

/// Says where a server listens, and gives it its lifetime.
inline void announce(unsigned port) {
  alarm(kLifetimeSeconds);
  std::printf("listening on 127.0.0.1:%u\n", port);
  std::fflush(stdout);
}

}  // namespace bench
