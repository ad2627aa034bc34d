#include "os/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "os/fd.hpp"
#include "os/poller.hpp"
#include "os/system_error.hpp"
#include "os/thread.hpp"

namespace volley::os {

namespace {

constexpr int kInterrupted = 130;  // What a shell reports for a process that SIGINT ended.

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, number);
  return set;
}

}  // namespace

struct SignalWatcher::State {
  Handler handler;
  std::optional<Instant> deadline;
  Fd signals;
  StopFlag end;
  bool stopping = false;
  std::jthread thread;

  State(Handler told, std::optional<Instant> until, Fd descriptor, StopFlag ending)
      : handler{std::move(told)},
        deadline{until},
        signals{std::move(descriptor)},
        end{std::move(ending)} {}

  void take_signal() {
    signalfd_siginfo info;
    if (::read(signals.number(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
    if (info.ssi_signo == SIGUSR1) return handler(Notice::kReport);
    if (stopping) ::_exit(kInterrupted);
    stopping = true;
    handler(Notice::kStop);
  }

  void watch() {
    while (!end.raised()) {
      const auto woken = wait_readable({signals.number(), end.descriptor()}, deadline);
      if (!woken) return;
      if (*woken) {
        take_signal();
      } else {
        deadline.reset();
        handler(Notice::kDeadline);
      }
    }
  }
};

Result<SignalWatcher> SignalWatcher::start(Handler handler, std::optional<Instant> deadline) {
  const sigset_t set = watched_signals();
  Fd signals{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!signals) return std::unexpected(system_error(errno, "cannot watch for signals"));
  auto end = StopFlag::create();
  if (!end) return std::unexpected(end.error());
  auto state =
      std::make_unique<State>(std::move(handler), deadline, std::move(signals), std::move(*end));
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto thread = start_thread([&watched = *state] { watched.watch(); });
  if (!thread) return std::unexpected(thread.error());
  state->thread = std::move(*thread);
  return SignalWatcher{std::move(state)};
}

SignalWatcher::SignalWatcher(std::unique_ptr<State> state) : state_{std::move(state)} {}
SignalWatcher::SignalWatcher(SignalWatcher&&) noexcept = default;

SignalWatcher::~SignalWatcher() {
  if (!state_) return;
  state_->end.raise();
  state_->thread.join();
  // The signals stay blocked: one that comes while the process is ending must not kill it.
}

void end_quietly_on_closed_pipe() {
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace volley::os
