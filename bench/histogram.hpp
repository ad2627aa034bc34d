#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace bench {

/// Durations in nanoseconds, counted in buckets that are at most 1/64 of their value wide, from 0
/// to 2^40 (18 minutes); what is longer counts as that. Recording allocates nothing.
class Histogram {
 public:
  void record(std::int64_t duration_ns) {
    const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(duration_ns, 0, kMost));
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
  }

  std::uint64_t count() const { return count_; }
  double mean_ns() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  /// The value below which that part of the samples lies, to within a bucket; nothing if fewer than
  /// ten samples lie beyond it: what so few say is chance.
  std::optional<double> percentile_ns(double part) const {
    constexpr double kBeyond = 10;
    const double wanted = part * static_cast<double>(count_);
    if (static_cast<double>(count_) - wanted < kBeyond) return std::nullopt;
    double seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += static_cast<double>(buckets_[i]);
      if (seen >= wanted) return middle_of(i);
    }
    return std::nullopt;
  }

  /// As the members of a JSON object: "mean_us" and, as far as the samples support them, "p50_us",
  /// "p99_us" and "p999_us".
  void print_members() const {
    std::printf("\"samples\": %llu, \"mean_us\": %.3f", static_cast<unsigned long long>(count_),
                mean_ns() / 1e3);
    constexpr std::array kNames = {"p50_us", "p99_us", "p999_us"};
    constexpr std::array kParts = {0.5, 0.99, 0.999};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (const auto value = percentile_ns(kParts[i])) {
        std::printf(", \"%s\": %.3f", kNames[i], *value / 1e3);
      }
    }
  }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr unsigned kMostBits = 40;
  static constexpr std::int64_t kMost = (std::int64_t{1} << kMostBits) - 1;

  /// Below kSub each value has its own; above, kSub to each power of two.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSub) return value;
    const auto power = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    return (power + 1) * kSub + ((value >> power) - kSub);
  }
  static double middle_of(std::size_t bucket) {
    if (bucket < kSub) return static_cast<double>(bucket);
    const auto power = bucket / kSub - 1;
    const auto least = (kSub + bucket % kSub) << power;
    return static_cast<double>(least) + static_cast<double>((std::uint64_t{1} << power) - 1) / 2;
  }

  std::array<std::uint64_t, (kMostBits - kSubBits + 1) * kSub> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace bench
