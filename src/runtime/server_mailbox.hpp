#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/server_core.hpp>

#include "os/wake.hpp"

namespace volley {

/// Where other threads leave the answers that a worker's handlers deferred. As many as there are
/// handlers running at most: the core bounds those.
class ServerMailbox {
 public:
  struct Answer {
    ExecutionId execution{};
    bool abandoned = false;
    std::uint16_t status = 0;
    std::vector<std::byte> body{};
  };

  explicit ServerMailbox(os::Wake wake) : wake_{std::move(wake)} {}

  /// Leaves an answer and wakes the worker. Any thread.
  void put(Answer answer);
  /// Swaps the answers left so far into `taken`, which is cleared first. The worker only.
  void take(std::vector<Answer>& taken);

  /// Wakes the worker. Any thread, and signal handlers.
  void wake() const noexcept { wake_.raise(); }
  /// Lets the worker wait again: it takes the answers next.
  void clear() const noexcept { wake_.clear(); }
  int descriptor() const { return wake_.descriptor(); }

 private:
  os::Wake wake_;
  std::mutex mutex_;
  std::vector<Answer> answers_;
};

}  // namespace volley
