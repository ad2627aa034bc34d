#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "base/random.hpp"

namespace volley::sim {

/// What happened in a run, boiled down to one number, so that two runs of one seed can be compared;
/// and, if asked for, told line by line.
class Trace {
 public:
  explicit Trace(bool printing) : printing_{printing} {}

  void note(std::uint64_t word) { hash_ = mix_bits(hash_ ^ word) + 0x9e3779b97f4a7c15U; }
  void note(Instant when) { note(static_cast<std::uint64_t>(when.time_since_epoch().count())); }
  void note(Bytes bytes) {
    note(bytes.size());
    while (bytes.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof word);
      // Weaker than note() of a word, which closes it: this is where the simulator's bytes pass.
      hash_ = (hash_ ^ word) * 0xbf58476d1ce4e5b9U;
      hash_ ^= hash_ >> 29U;
      bytes = bytes.subspan(sizeof word);
    }
    std::uint64_t rest = 0;
    if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
    note(rest);
  }

  bool printing() const { return printing_; }
  template <class... Args>
  void say(Instant now, fmt::format_string<Args...> format, Args&&... args) {
    if (!printing_) return;
    const double seconds = std::chrono::duration<double>{now.time_since_epoch()}.count();
    fmt::print(stdout, "{:12.6f} {}\n", seconds, fmt::format(format, std::forward<Args>(args)...));
  }

  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
  bool printing_;
};

}  // namespace volley::sim
