#pragma once

#include <deque>
#include <mutex>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

#include <volley/error.hpp>

#include "os/thread.hpp"

namespace volley {

/// Runs `work(worker)`, which returns a Result, for each of a server's workers: the first on this
/// thread, the others on their own. Calls `end()` when one fails or cannot be started, as the
/// others must not be left serving half of the clients. Returns, once all have ended, the first
/// failure.
template <class Worker, class Work, class End>
Result<void> run_workers(std::deque<Worker>& workers, Work work, End end) {
  std::mutex mutex;
  Result<void> outcome;
  const auto note = [&](Result<void> done) {
    if (done) return;
    const std::lock_guard lock{mutex};
    if (outcome) outcome = std::move(done);
    end();
  };
  {
    std::vector<std::jthread> threads;
    for (Worker& worker : workers | std::views::drop(1)) {
      auto thread = os::start_thread([&] { note(work(worker)); });
      if (!thread) {
        note(std::unexpected(thread.error()));
        break;
      }
      threads.push_back(std::move(*thread));
    }
    note(work(workers.front()));
  }
  return outcome;
}

}  // namespace volley
