#pragma once

#include <atomic>
#include <cstdint>

namespace volley {

/// A count that one thread raises and any thread may read: no lock, no fence, no lost update.
class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

}  // namespace volley
