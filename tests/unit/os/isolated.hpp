#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "os/fd.hpp"

namespace volley::os {

/// A machine of its own for the length of a test: a child process in namespaces that have nothing
/// but the loopback interface, and these files in place of the machine's. What `body` expects
/// counts for the test; where the kernel allows no such thing the test is skipped.
class Isolated {
 public:
  explicit Isolated(std::map<std::string, std::string> files) : files_{std::move(files)} {}

  void run(const std::function<void()>& body) const {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // Not exit(): the parent's other tests and buffers are none of the child's business.
      if (!isolate()) ::_exit(kNoIsolation);
      body();
      ::_exit(testing::Test::HasFailure() ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kNoIsolation)
      GTEST_SKIP() << "this kernel gives us no namespaces of our own";
    EXPECT_EQ(WEXITSTATUS(status), EXIT_SUCCESS) << "see the failures above";
  }

 private:
  static constexpr int kNoIsolation = 77;

  bool isolate() const {
    constexpr int kWanted = CLONE_NEWNS | CLONE_NEWNET;
    if (::unshare(kWanted) != 0 && ::unshare(kWanted | CLONE_NEWUSER) != 0) return false;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    for (const auto& [path, text] : files_) {
      if (!replace(path, text)) return false;
    }
    return raise_loopback();
  }

  static bool replace(const std::string& path, const std::string& text) {
    std::string source = "/tmp/volley-test-XXXXXX";
    const Fd file{::mkstemp(source.data())};
    const bool written = file && ::write(file.number(), text.data(), text.size()) ==
                                     static_cast<ssize_t>(text.size());
    const bool mounted =
        written && ::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
    ::unlink(source.c_str());
    return mounted;
  }

  static bool raise_loopback() {
    const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};
    std::string{"lo"}.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    return ::ioctl(socket.number(), SIOCSIFFLAGS, &request) == 0;
  }

  std::map<std::string, std::string> files_;
};

}  // namespace volley::os
