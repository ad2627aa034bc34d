#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>

#include "os/poller.hpp"

namespace volley::cli {

/// Answers datagrams by running a command for each: its body on standard input, the answer from
/// standard output. Bounded in number, in time and in output; who submits never waits.
class CommandPool {
 public:
  static constexpr std::size_t kAtOnce = 16;  ///< Commands that run at the same time.
  static constexpr std::size_t kWaiting =
      64;  ///< Datagrams that wait for their turn: 4 MB at most.
  static constexpr Duration kTime =
      std::chrono::seconds{5};  ///< Of one command; then it is killed.

  /// Datagrams, since the pool was made.
  struct Counters {
    std::uint64_t crowded = 0;   ///< Dropped: too many were waiting.
    std::uint64_t too_slow = 0;  ///< Without an answer: over the time.
    std::uint64_t too_much = 0;  ///< Without an answer: over the output that one datagram carries.
    std::uint64_t failed = 0;    ///< Without an answer: not started, ended by a signal, or not 0.
  };
  /// Where answers go, from several threads at once.
  using Send =
      std::function<void(Bytes answer, Bytes request, const Endpoint& peer, const Endpoint& local)>;
  /// Where a line of words goes, from several threads at once: what commands write to standard
  /// error, which may hold anything, and why there was no answer.
  using Say = std::function<void(const std::string& words)>;

  /// Fails with kFull when no more files can be opened.
  [[nodiscard]] static Result<std::unique_ptr<CommandPool>> create(std::string command);
  CommandPool(const CommandPool&) = delete;
  CommandPool& operator=(const CommandPool&) = delete;
  ~CommandPool() { stop(); }

  /// Starts the threads. Call it once, before the first submit(). Fails with kFull when the system
  /// has no room for them.
  [[nodiscard]] Result<void> start(Send send, Say say);
  /// Takes a copy of a datagram, to answer it later. Any thread.
  void submit(const Datagram& datagram);
  /// Ends what runs and drops what waits; after that nothing is sent.
  void stop();
  /// Any thread.
  Counters counters() const;

 private:
  struct Job {
    Endpoint peer;
    Endpoint local;
    std::vector<std::byte> body;
  };

  CommandPool(std::string command, os::StopFlag stop);
  void work(const std::stop_token& token);
  void answer(const Job& job);
  void say_lines(std::string_view words) const;

  std::string command_;
  os::StopFlag stopped_;
  Send send_;
  Say say_;
  std::mutex mutex_;  // Guards waiting_.
  std::condition_variable_any arrived_;
  std::deque<Job> waiting_;
  std::atomic<std::uint64_t> crowded_ = 0;
  std::atomic<std::uint64_t> too_slow_ = 0;
  std::atomic<std::uint64_t> too_much_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::vector<std::jthread> threads_;  // Last: they use all of the above.
};

}  // namespace volley::cli
