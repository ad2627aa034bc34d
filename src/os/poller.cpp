#include "os/poller.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <volley/clock.hpp>

#include "base/check.hpp"
#include "os/system_error.hpp"

namespace volley::os {
namespace {

/// What is left until then, as system calls want it.
class Remaining {
 public:
  explicit Remaining(std::optional<Instant> until) : bounded_{until.has_value()} {
    if (!until) return;
    const Duration span = std::max(Duration::zero(), *until - now());
    time_.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    time_.tv_nsec = (span % std::chrono::seconds{1}).count();
  }
  const timespec* get() const { return bounded_ ? &time_ : nullptr; }

 private:
  timespec time_{};
  bool bounded_;
};

}  // namespace

Result<bool> wait_readable(std::initializer_list<int> descriptors, std::optional<Instant> until) {
  std::array<pollfd, 2> entries{};
  VOLLEY_CHECK(descriptors.size() <= entries.size());
  std::ranges::transform(descriptors, entries.begin(), [](int descriptor) {
    return pollfd{.fd = descriptor, .events = POLLIN, .revents = 0};
  });
  while (true) {
    const int count = ::ppoll(entries.data(), descriptors.size(), Remaining{until}.get(), nullptr);
    if (count >= 0) return count > 0;
    if (errno != EINTR) return std::unexpected(system_error(errno, "cannot wait for a datagram"));
  }
}

Result<StopFlag> StopFlag::create() {
  Fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) return std::unexpected(system_error(errno, "cannot make an event descriptor"));
  return StopFlag{std::move(event)};
}

void StopFlag::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the event is up already.
  [[maybe_unused]] const ssize_t written = ::write(event_.number(), &one, sizeof one);
}

Result<Poller> Poller::create() {
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return std::unexpected(system_error(errno, "cannot make an epoll descriptor"));
  return Poller{std::move(epoll)};
}

Result<void> Poller::watch(int descriptor, std::uint32_t token) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = token;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return std::unexpected(system_error(errno, "cannot watch a socket"));
}

void Poller::forget(int descriptor) {
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
}

Result<std::span<const std::uint32_t>> Poller::wait(std::optional<Instant> until) {
  std::array<epoll_event, std::tuple_size_v<decltype(ready_)>> events;
  while (true) {
    const int count =
        ::epoll_pwait2(epoll_.number(), events.data(), static_cast<int>(events.size()),
                       Remaining{until}.get(), nullptr);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error(errno, "cannot wait for a datagram"));
    const auto found = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < found; ++i) ready_[i] = events[i].data.u32;
    return std::span<const std::uint32_t>{ready_.data(), found};
  }
}

}  // namespace volley::os
