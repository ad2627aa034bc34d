#include "cli/command_pool.hpp"

#include <utility>

#include "os/process.hpp"

namespace volley::cli {

CommandPool::CommandPool(std::string command, os::StopFlag stop)
    : command_{std::move(command)}, stopped_{std::move(stop)} {}

void CommandPool::stop() {
  stopped_.raise();
  threads_.clear();
}

Result<std::unique_ptr<CommandPool>> CommandPool::create(std::string command) {
  auto stop = os::StopFlag::create();
  if (!stop) return std::unexpected(stop.error());
  return std::unique_ptr<CommandPool>{new CommandPool{std::move(command), std::move(*stop)}};
}

void CommandPool::start(Send send) {
  send_ = std::move(send);
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    threads_.emplace_back([this](const std::stop_token& token) { work(token); });
  }
}

void CommandPool::submit(const Datagram& datagram) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() < kWaiting) {
      waiting_.push_back(
          {datagram.peer, datagram.local, {datagram.payload.begin(), datagram.payload.end()}});
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

void CommandPool::answer(const Job& job) {
  const auto result =
      os::run_command(command_, job.body, {.time = kTime, .output = kMaxPayload}, stopped_);
  if (!result) {
    ++failed_;
    return;
  }
  switch (result->end) {
    case os::CommandEnd::kDone:
      // Whatever its status: a search that finds nothing is an answer too.
      return send_(result->output, job.body, job.peer, job.local);
    case os::CommandEnd::kTooSlow:
      ++too_slow_;
      return;
    case os::CommandEnd::kTooMuch:
      ++too_much_;
      return;
    case os::CommandEnd::kKilled:
      ++failed_;
      return;
    case os::CommandEnd::kStopped:
      return;
  }
}

CommandPool::Counters CommandPool::counters() const {
  return {.crowded = crowded_, .too_slow = too_slow_, .too_much = too_much_, .failed = failed_};
}

}  // namespace volley::cli
