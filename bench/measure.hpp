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
#include <span>
#include <vector>

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

/// Asks one question after another for `seconds`, and prints the median of the round trips as JSON.
/// Returns the exit status: 1 if an answer was missing or wrong.
///
/// `ping` takes the request, waits for the reply and returns its bytes, wherever they are. Bare and
/// library clients share this code, so that what surrounds the system calls is the same. One clock
/// reading a round trip: the end of one is the beginning of the next.
template <class Ping>
int measure_round_trips(double seconds, Ping ping) {
  constexpr double kWarmUp = 0.1;  // Of the time: caches, clocks, the library's first estimates.
  // Room for round trips of 1 µs. Written now, or its page faults would be measured.
  std::vector<std::uint32_t> samples(static_cast<std::size_t>(seconds * 1e6));
  std::size_t count = 0;
  std::array<std::byte, kBodySize> request{};

  const auto begin = monotonic_ns();
  const auto warm = begin + static_cast<std::int64_t>(seconds * kWarmUp * 1e9);
  const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
  auto sent = begin;
  for (std::uint64_t id = 1; sent < end && count < samples.size(); ++id) {
    std::memcpy(request.data(), &id, sizeof id);
    const std::span<const std::byte> reply = ping(std::span<const std::byte>{request});
    if (reply.size() != request.size() || std::memcmp(reply.data(), &id, sizeof id) != 0) {
      std::fprintf(stderr, "question %llu was not answered with its echo\n",
                   static_cast<unsigned long long>(id));
      return 1;
    }
    const auto received = monotonic_ns();
    if (sent >= warm) samples[count++] = static_cast<std::uint32_t>(received - sent);
    sent = received;
  }
  if (count == 0) {
    std::fprintf(stderr, "the time was too short for one round trip\n");
    return 1;
  }
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(samples.begin(), middle, samples.begin() + static_cast<std::ptrdiff_t>(count));
  std::printf("{\"median_us\": %.3f, \"round_trips\": %zu}\n", *middle / 1e3, count);
  return 0;
}

}  // namespace bench
