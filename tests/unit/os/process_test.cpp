#include "os/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>

namespace volley::os {
namespace {

using namespace std::chrono_literals;

TEST(Process, TellsTheStatusWhateverOurParentDidWithEndedChildren) {
  const auto stop = StopFlag::create();
  ASSERT_TRUE(stop);
  ::signal(SIGCHLD, SIG_IGN);
  const auto ended = run_command("exit 3", {}, {.time = 30s, .output = 100}, *stop);
  ::signal(SIGCHLD, SIG_DFL);
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->end, CommandEnd::kDone);
  EXPECT_EQ(ended->status, 3);
}

}  // namespace
}  // namespace volley::os
