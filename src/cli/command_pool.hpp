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

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>

#include "os/poller.hpp"

namespace volley::cli {

/// Answers requests by running a command for each: its body on standard input, the answer from
/// standard output. Bounded in number, in time and in output; who submits never waits.
class CommandPool {
 public:
  static constexpr std::size_t kAtOnce = 16;   ///< Commands that run at the same time.
  static constexpr std::size_t kWaiting = 64;  ///< Requests that wait for their turn: 4 MB at most.
  static constexpr Duration kTime =
      std::chrono::seconds{5};  ///< Of one command; then it is killed.

  /// Requests, since the pool was made.
  struct Counters {
    std::uint64_t crowded = 0;   ///< Dropped: too many were waiting.
    std::uint64_t too_slow = 0;  ///< Without an answer: over the time.
    std::uint64_t too_much = 0;  ///< Without an answer: over the output that one datagram carries.
    std::uint64_t failed = 0;    ///< Without an answer: not started, ended by a signal, or a status
                                 ///< that is no answer.
  };
  /// What a command that ended in time answered, from any of the pool's threads; destroyed uncalled
  /// when there is no answer.
  using Finish = std::move_only_function<void(std::uint16_t status, Bytes answer)>;
  /// Where a line of words goes, from several threads at once: what commands write to standard
  /// error, which may hold anything, and why there was no answer.
  using Say = std::function<void(const std::string& words)>;

  /// What counts as an answer.
  struct Options {
    std::size_t most = 0;     ///< Bytes of output.
    bool any_status = false;  ///< Not only status 0.
  };

  /// Fails with kFull when no more files can be opened.
  [[nodiscard]] static Result<std::unique_ptr<CommandPool>> create(std::string command,
                                                                   const Options& options);
  CommandPool(const CommandPool&) = delete;
  CommandPool& operator=(const CommandPool&) = delete;
  ~CommandPool() { stop(); }

  /// Starts the threads. Call it once, before the first submit(). Fails with kFull when the system
  /// has no room for them.
  [[nodiscard]] Result<void> start(Say say);
  /// Takes a copy of a body, to answer it later. Any thread.
  void submit(const Endpoint& peer, Bytes body, Finish finish);
  /// Ends what runs and drops what waits; after that nothing is answered.
  void stop();
  /// Any thread.
  Counters counters() const;

 private:
  struct Job {
    Endpoint peer;
    std::vector<std::byte> body;
    Finish finish;
  };

  CommandPool(std::string command, const Options& options, os::StopFlag stop);
  void work(const std::stop_token& token);
  void answer(Job& job);
  void say_lines(std::string_view words) const;

  std::string command_;
  Options options_;
  os::StopFlag stopped_;
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
