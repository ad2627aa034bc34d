#pragma once

#include <bitset>
#include <cstdint>
#include <deque>

#include <volley/time.hpp>

namespace volley {

/// The local ports that a late answer may still reach: their sockets are closed, and the kernel may
/// give the same number to the next. One thread.
class SpentPorts {
 public:
  /// Remembers a port from now on, for RawLimits::kSpentHold.
  void add(std::uint16_t port, Instant now);
  /// Whether the port is remembered still.
  bool contains(std::uint16_t port, Instant now);
  /// Whether RawLimits::kSpentPorts are remembered: open no more sockets. Those open then may still
  /// be spent, so that this many and theirs are the most it holds.
  bool full(Instant now);

 private:
  struct Entry {
    std::uint16_t port;
    Instant until;
  };

  void forget_old(Instant now);

  std::bitset<65'536> spent_;
  std::deque<Entry> entries_;  // Oldest first.
};

}  // namespace volley
