#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "os/fd.hpp"

namespace volley::os {

/// Ends a wait from elsewhere: any thread, or a signal handler. Once raised it stays raised.
class StopFlag {
 public:
  /// Fails with kFull when no more files can be opened.
  [[nodiscard]] static Result<StopFlag> create();

  StopFlag(StopFlag&& other) noexcept
      : event_{std::move(other.event_)}, raised_{other.raised_.load()} {}

  void raise() noexcept;
  bool raised() const noexcept { return raised_.load(std::memory_order_acquire); }
  int descriptor() const { return event_.number(); }

 private:
  explicit StopFlag(Fd event) : event_{std::move(event)} {}
  Fd event_;
  std::atomic<bool> raised_ = false;
};

/// Waits until one of a few descriptors is readable or in error, or until `until` (forever
/// without): false when the time came first. Between two waits nothing of it stays in the kernel,
/// where a Poller would slow the arrival of every datagram a little.
[[nodiscard]] Result<bool> wait_readable(std::initializer_list<int> descriptors,
                                         std::optional<Instant> until);

/// Waits for the first of many descriptors to have something to read.
class Poller {
 public:
  /// Fails with kFull when no more files can be opened.
  [[nodiscard]] static Result<Poller> create();

  /// `token` is what wait() tells of this descriptor.
  [[nodiscard]] Result<void> watch(int descriptor, std::uint32_t token);
  void forget(int descriptor);

  /// Waits until something is readable or in error, or until `until` (forever without). Gives the
  /// tokens, valid until the next call; none when the time came. A few of many at a time: ask
  /// again.
  [[nodiscard]] Result<std::span<const std::uint32_t>> wait(std::optional<Instant> until);

 private:
  explicit Poller(Fd epoll) : epoll_{std::move(epoll)} {}
  Fd epoll_;
  std::array<std::uint32_t, 64> ready_{};
};

}  // namespace volley::os
