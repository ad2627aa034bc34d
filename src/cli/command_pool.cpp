#include "cli/command_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "os/process.hpp"
#include "os/thread.hpp"

namespace volley::cli {

CommandPool::CommandPool(std::string command, const Options& options, os::StopFlag stop)
    : command_{std::move(command)}, options_{options}, stopped_{std::move(stop)} {}

void CommandPool::stop() {
  stopped_.raise();
  threads_.clear();
  const std::lock_guard lock{mutex_};
  waiting_.clear();
}

Result<std::unique_ptr<CommandPool>> CommandPool::create(std::string command,
                                                         const Options& options) {
  auto stop = os::StopFlag::create();
  if (!stop) return std::unexpected(stop.error());
  return std::unique_ptr<CommandPool>{
      new CommandPool{std::move(command), options, std::move(*stop)}};
}

Result<void> CommandPool::start(Say say) {
  say_ = std::move(say);
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    auto thread = os::start_thread([this](const std::stop_token& token) { work(token); });
    if (!thread) {
      stop();
      return std::unexpected(thread.error());
    }
    threads_.push_back(std::move(*thread));
  }
  return {};
}

void CommandPool::submit(const Endpoint& peer, Bytes body, Finish finish) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() < kWaiting) {
      waiting_.push_back({peer, {body.begin(), body.end()}, std::move(finish)});
      arrived_.notify_one();
      return;
    }
  }
  ++crowded_;
}

void CommandPool::work(const std::stop_token& token) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      if (!arrived_.wait(lock, token, [this] { return !waiting_.empty(); }) || stopped_.raised())
        return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    answer(job);
  }
}

void CommandPool::answer(Job& job) {
  const auto no_answer = [&](std::atomic<std::uint64_t>& counter, std::string_view why) {
    ++counter;
    say_(fmt::format("no answer to {}: {}", job.peer.to_string(), why));
  };
  const auto result =
      os::run_command(command_, job.body, {.time = kTime, .output = options_.most}, stopped_);
  if (!result) return no_answer(failed_, result.error().message);
  say_lines(result->words);
  switch (result->end) {
    case os::CommandEnd::kDone:
      if (result->status == 0 || options_.any_status)
        return job.finish(static_cast<std::uint16_t>(result->status), result->output);
      return no_answer(failed_, fmt::format("the command ended with status {}", result->status));
    case os::CommandEnd::kTooSlow:
      return no_answer(too_slow_, "the command took too long");
    case os::CommandEnd::kTooMuch:
      return no_answer(too_much_, "the command printed more than one answer carries");
    case os::CommandEnd::kKilled:
      return no_answer(failed_, "a signal ended the command");
    case os::CommandEnd::kStopped:
      return;
  }
}

void CommandPool::say_lines(std::string_view words) const {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    say_(fmt::format("exec: {}", words.substr(0, end)));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

CommandPool::Counters CommandPool::counters() const {
  return {.crowded = crowded_, .too_slow = too_slow_, .too_much = too_much_, .failed = failed_};
}

}  // namespace volley::cli
