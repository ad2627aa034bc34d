#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <utility>

namespace volley {

/// A process that runs `work`, killed at the end if it has not ended by itself. Fork it while there
/// is one thread only. It dies with the test.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : id_{::fork()} {
    EXPECT_GE(id_, 0);
    if (id_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    // Not exit(): the parent's other tests and buffers are none of the child's business.
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return id_; }
  void signal(int which) const { ::kill(id_, which); }

  /// As kill -9 does, and gone on return.
  void kill() {
    if (id_ <= 0) return;
    signal(SIGKILL);
    int status = 0;
    const pid_t ended = ::waitpid(std::exchange(id_, 0), &status, 0);
    EXPECT_GT(ended, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed";
  }
  /// Waits until it ends by itself.
  void join() {
    int status = 0;
    EXPECT_GT(::waitpid(std::exchange(id_, 0), &status, 0), 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }

 private:
  pid_t id_;
};

}  // namespace volley
