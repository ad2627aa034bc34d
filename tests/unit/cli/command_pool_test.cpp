#include "cli/command_pool.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <volley/clock.hpp>

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

/// A pool, and what it answered.
class Answers {
 public:
  explicit Answers(const std::string& command) : pool_{std::move(*CommandPool::create(command))} {
    pool_->start([this](Bytes answer, Bytes, const Endpoint&, const Endpoint&) {
      const std::lock_guard lock{mutex_};
      answers_.emplace_back(as_text(answer));
      changed_.notify_all();
    });
  }

  void ask(std::string_view text) { pool_->submit({.peer = {}, .payload = as_bytes(text)}); }

  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, 30s, [&] { return answers_.size() >= count; });
    return answers_;
  }

  /// Waits until a counter is no longer 0.
  std::uint64_t count_of(std::uint64_t CommandPool::Counters::* counter) {
    const Instant patience = now() + 30s;
    while (pool_->counters().*counter == 0 && now() < patience) std::this_thread::sleep_for(1ms);
    return pool_->counters().*counter;
  }

  CommandPool& pool() { return *pool_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> answers_;
  std::unique_ptr<CommandPool> pool_;
};

TEST(CommandPool, AnswersWithWhatTheCommandPrints) {
  Answers answers{"tr a-z A-Z"};
  answers.ask("hello");
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"HELLO"});
}

TEST(CommandPool, AnswersWhateverTheStatusAndWhetherOrNotTheInputIsRead) {
  Answers answers{"printf done; exit 3"};
  const std::string large(60'000, 'x');
  answers.ask(large);
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"done"});
}

TEST(CommandPool, DoesNotWaitForWhatACommandLeavesBehind) {
  const Instant start = now();
  Answers answers{"sleep 60 & printf done"};
  answers.ask("x");
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"done"});
  EXPECT_LT(now() - start, CommandPool::kTime);
}

TEST(CommandPool, DropsAndCountsWhatIsTooMuch) {
  Answers answers{"head -c 65508 /dev/zero"};
  answers.ask("x");
  EXPECT_EQ(answers.count_of(&CommandPool::Counters::too_much), 1U);
}

TEST(CommandPool, DropsAndCountsTheAnswerOfACommandThatASignalEnded) {
  Answers answers{"printf half; kill -9 $$"};
  answers.ask("x");
  EXPECT_EQ(answers.count_of(&CommandPool::Counters::failed), 1U);
}

TEST(CommandPool, NeverHoldsMoreThanItsRoomAndEndsAtOnce) {
  const Instant start = now();
  {
    Answers answers{"sleep 60"};
    for (std::size_t i = 0; i < CommandPool::kAtOnce + CommandPool::kWaiting + 1; ++i)
      answers.ask("x");
    EXPECT_GE(answers.count_of(&CommandPool::Counters::crowded), 1U);
    answers.pool().stop();
    EXPECT_EQ(answers.wait_for(0U), std::vector<std::string>{});
  }
  EXPECT_LT(now() - start, 30s) << "nobody waited for the commands";
}

}  // namespace
}  // namespace volley::cli
