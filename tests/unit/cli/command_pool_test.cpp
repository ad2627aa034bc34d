#include "cli/command_pool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <volley/clock.hpp>
#include <volley/datagram.hpp>

#include "unit/os/no_room_for_threads.hpp"

namespace volley::cli {
namespace {

using namespace std::chrono_literals;

/// A pool, and what it answered.
class Answers {
 public:
  explicit Answers(const std::string& command, bool any_status = false)
      : pool_{std::move(
            *CommandPool::create(command, {.most = kMaxPayload, .any_status = any_status}))} {
    const auto started = pool_->start([this](const std::string& words) { note(words_, words); });
    EXPECT_TRUE(started) << started.error().message;
  }

  void ask(std::string_view text) {
    pool_->submit({}, as_bytes(text), [this](std::uint16_t status, Bytes answer) {
      note(answers_,
           fmt::format("{}{}", status == 0 ? "" : fmt::format("{}: ", status), as_text(answer)));
    });
  }

  std::vector<std::string> wait_for(std::size_t count) { return wait_for(answers_, count); }
  /// What was said beside the answers.
  std::vector<std::string> words(std::size_t count) { return wait_for(words_, count); }

  /// Waits until a counter is no longer 0.
  std::uint64_t count_of(std::uint64_t CommandPool::Counters::* counter) {
    const Instant patience = now() + 30s;
    while (pool_->counters().*counter == 0 && now() < patience) std::this_thread::sleep_for(1ms);
    return pool_->counters().*counter;
  }

  CommandPool& pool() { return *pool_; }

 private:
  void note(std::vector<std::string>& list, std::string_view text) {
    const std::lock_guard lock{mutex_};
    list.emplace_back(text);
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(const std::vector<std::string>& list, std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, 30s, [&] { return list.size() >= count; });
    return list;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> answers_;
  std::vector<std::string> words_;
  std::unique_ptr<CommandPool> pool_;
};

TEST(CommandPool, AnswersWithWhatTheCommandPrints) {
  Answers answers{"tr a-z A-Z"};
  answers.ask("hello");
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"HELLO"});
}

TEST(CommandPool, AnswersWhetherOrNotTheInputIsRead) {
  Answers answers{"printf done"};
  const std::string large(60'000, 'x');
  answers.ask(large);
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"done"});
}

TEST(CommandPool, DropsAndCountsAndTellsTheAnswerOfACommandThatFailed) {
  for (const auto& [command, status] :
       {std::pair{"printf half; exit 3", 3}, std::pair{"/no/such/program 2>&-", 127}}) {
    Answers answers{command};
    answers.ask("x");
    const auto words = answers.words(1);
    ASSERT_EQ(words.size(), 1U);
    EXPECT_EQ(words[0],
              "no answer to [::]:0: the command ended with status " + std::to_string(status));
    EXPECT_EQ(answers.pool().counters().failed, 1U);
    EXPECT_EQ(answers.wait_for(0U), std::vector<std::string>{});
  }
}

TEST(CommandPool, AnswersWithAnyStatusWhereThatIsAnAnswer) {
  Answers answers{"printf half; exit 3", true};
  answers.ask("x");
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"3: half"});
  EXPECT_EQ(answers.pool().counters().failed, 0U);
}

TEST(CommandPool, TellsWhatACommandWritesToStandardErrorLineByLine) {
  Answers answers{"echo one >&2; printf two >&2; yes >&2 | head -c 300000 >&2; printf done"};
  answers.ask("x");
  EXPECT_EQ(answers.wait_for(1), std::vector<std::string>{"done"}) << "nobody waited for room";
  const auto words = answers.words(2);
  ASSERT_GE(words.size(), 2U);
  EXPECT_EQ(words[0], "exec: one");
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

TEST(CommandPool, NoRoomForItsThreadsIsAnError) {
  auto pool = CommandPool::create("cat", {});
  ASSERT_TRUE(pool);
  const NoRoomForThreads scarce;
  const auto started = (*pool)->start({});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kFull);
}

}  // namespace
}  // namespace volley::cli
