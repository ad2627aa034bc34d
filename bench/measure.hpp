#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "bench/histogram.hpp"

namespace bench {

/// The body of every request here.
inline constexpr std::size_t kBodySize = 64;

/// No program here outlives this, whatever happens to the one that started it.
inline constexpr unsigned kLifetimeSeconds = 60;

/// A length of measurement from the command line, in seconds: at most a quarter of the lifetime.
inline double seconds_argument(const char* text) {
  return std::clamp(std::atof(text), 0.01, kLifetimeSeconds / 4.0);
}

/// Nanoseconds of CLOCK_MONOTONIC.
inline std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Spins until then; returns the time.
inline std::int64_t pause_until(std::int64_t until) {
  auto now = monotonic_ns();
  while (now < until) now = monotonic_ns();
  return now;
}

/// The mean of the middle four fifths, in microseconds: the slow tail is the scheduler's. Not the
/// median: a spinning end sees a datagram only when a look at the socket ends, so round trips come
/// in steps of a whole system call, and a median jumps by one where a mean moves by a part.
inline double middle_mean_us(std::span<std::uint32_t> samples) {
  std::ranges::sort(samples);
  const auto middle =
      samples.subspan(samples.size() / 10, samples.size() - samples.size() / 10 * 2);
  return std::accumulate(middle.begin(), middle.end(), 0.0) / static_cast<double>(middle.size()) /
         1e3;
}

/// Asks one question after another for `seconds`, and prints the latency as JSON. Returns the exit
/// status: 1 if an answer was missing or wrong.
///
/// `ping` takes the request, waits for the reply and returns its bytes, wherever they are. Bare and
/// library clients share this code, so that what surrounds the system calls is the same. Before
/// each question it pauses for a random time that is not measured, so that two spinning ends do not
/// fall into step, each looking at its socket at the same moment of every round trip. The time that
/// ends the pause is the planned one, and latency counts from it.
template <class Ping>
int measure_round_trips(double seconds, Ping ping) {
  constexpr unsigned kLongestPause = 4000;  // ns
  constexpr double kWarmUp = 0.1;  // Of the time: caches, clocks, the library's first estimates.
  // Room for round trips of 1 µs. Written now, or its page faults would be measured.
  std::vector<std::uint32_t> samples(static_cast<std::size_t>(seconds * 1e6));
  std::size_t count = 0;
  std::array<std::byte, kBodySize> request{};

  const auto begin = monotonic_ns();
  const auto warm = begin + static_cast<std::int64_t>(seconds * kWarmUp * 1e9);
  const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
  auto received = begin;
  std::minstd_rand random;
  for (std::uint64_t id = 1; received < end && count < samples.size(); ++id) {
    const auto sent = pause_until(received + static_cast<std::int64_t>(random() % kLongestPause));
    std::memcpy(request.data(), &id, sizeof id);
    const std::span<const std::byte> reply = ping(std::span<const std::byte>{request});
    if (reply.size() != request.size() || std::memcmp(reply.data(), &id, sizeof id) != 0) {
      std::fprintf(stderr, "question %llu was not answered with its echo\n",
                   static_cast<unsigned long long>(id));
      return 1;
    }
    received = monotonic_ns();
    if (sent >= warm) samples[count++] = static_cast<std::uint32_t>(received - sent);
  }
  if (count == 0) {
    std::fprintf(stderr, "the time was too short for one round trip\n");
    return 1;
  }
  const auto counted = std::span{samples}.first(count);
  Histogram histogram;
  for (const std::uint32_t sample : counted) histogram.record(sample);
  std::printf("{\"latency_us\": %.3f, ", middle_mean_us(counted));
  histogram.print_members();
  std::printf("}\n");
  return 0;
}

}  // namespace bench
