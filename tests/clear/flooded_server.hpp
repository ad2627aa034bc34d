#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <volley/clock.hpp>
#include <volley/server.hpp>

#include "child.hpp"
#include "shared.hpp"

namespace volley {

inline constexpr std::size_t kMiB = std::size_t{1024} * 1024;
inline constexpr std::size_t kMemory = 16 * kMiB;
/// Beside contexts: queues and caches (server_core.hpp), and what the allocator keeps.
inline constexpr std::size_t kBeside = 8 * kMiB;
// A sanitizer remembers what every byte was used for: its own memory is no measure of ours.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kResidentTells = false;
#else
inline constexpr bool kResidentTells = true;
#endif

/// What a server tells of itself, for others to see.
struct Report {
  std::atomic<std::uint16_t> port;
  std::atomic<std::uint64_t> most_bytes;
  std::atomic<std::uint64_t> received;
  std::atomic<std::uint64_t> executed;
  std::atomic<std::uint64_t> wrong_ticket;
  std::atomic<std::uint64_t> overload;
};

/// What a server's process does: it tells its counts as long as it lives.
inline void serve_and_tell(Report& report) {
  const auto execute = [](const Execution& request, Reply& reply) { reply.send(request.body); };
  auto server =
      Server::bind({IpAddress::v4(127, 0, 0, 1), 0}, execute, {.limits = {.memory = kMemory}});
  ASSERT_TRUE(server) << server.error().message;
  report.port = server->local().port();
  const std::jthread telling{[&] {
    while (true) {
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
      const ServerCounters counters = server->counters();
      report.most_bytes = std::max<std::uint64_t>(report.most_bytes, counters.bytes);
      report.received = counters.received;
      report.executed = counters.executed;
      report.wrong_ticket = counters.wrong_ticket;
      report.overload = counters.overload;
    }
  }};
  ASSERT_TRUE(server->run());
}

/// What a process has in memory now, in bytes.
inline std::size_t resident(pid_t process) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  }
  ADD_FAILURE() << "the server is gone";
  return 0;
}

inline void await(const std::function<bool()>& condition) {
  const Instant end = now() + std::chrono::seconds{30};
  while (!condition() && now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  ASSERT_TRUE(condition());
}

/// A server in a process of its own, with little memory to fill.
class FloodedServer {
 public:
  FloodedServer() {
    await([this] { return report_->port != 0; });
    resident_before_ = resident(process_.id());
  }

  const Report& report() const { return *report_; }
  Endpoint address() const { return {IpAddress::v4(127, 0, 0, 1), report_->port}; }

  /// Looks at what it has in memory now; check() is about the most ever seen.
  void look() { most_resident_ = std::max(most_resident_, resident(process_.id())); }
  void check_memory() const {
    EXPECT_LE(report_->most_bytes, kMemory);
    if (!kResidentTells) return;
    EXPECT_LE(most_resident_, resident_before_ + kMemory + kBeside)
        << "before it was " << resident_before_;
  }

 private:
  Shared<Report> report_;
  Child process_{[this] { serve_and_tell(*report_); }};
  std::size_t resident_before_ = 0;
  std::size_t most_resident_ = 0;
};

}  // namespace volley
