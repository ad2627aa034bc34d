#include "os/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <volley/clock.hpp>

#include "os/fd.hpp"
#include "os/system_error.hpp"

namespace volley::os {

namespace {

/// By its number: glibc 2.36 declares pidfd_open() in a way that C++ cannot link.
Fd open_process(pid_t pid) {
  return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(system_error(errno, "cannot open a pipe to a command"));
  }
  return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

/// Makes our end of a pipe non-blocking; the command's stays as programs expect it.
void never_block(const Fd& end) {
  ::fcntl(end.number(), F_SETFL, ::fcntl(end.number(), F_GETFL) | O_NONBLOCK);
}

/// Starts the shell in a process group of its own, with no signal blocked and all at their
/// defaults.
Result<pid_t> spawn_shell(const std::string& command, const Fd& input, const Fd& output,
                          const Fd& words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.number(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, words.number(), STDERR_FILENO);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string text = command;
  const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  pid_t pid = 0;
  const int failure =
      ::posix_spawn(&pid, shell.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return std::unexpected(system_error(failure, "cannot start /bin/sh"));
  return pid;
}

/// The pipes of one running command, served until the output ends or a limit is reached.
class Conversation {
 public:
  Conversation(Fd input, Fd output, Fd process, Bytes body, const CommandLimits& limits,
               const StopFlag& stop)
      : input_{std::move(input)},
        output_{std::move(output)},
        process_{std::move(process)},
        body_{body},
        limits_{limits},
        deadline_{now() + limits.time},
        stop_{stop} {
    never_block(input_);
    never_block(output_);
  }

  /// Why the command must be ended, or nothing if it ended by itself.
  std::optional<CommandEnd> run() {
    for (;;) {
      if (!input_done_) feed();
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now()).count();
      if (left <= 0) return CommandEnd::kTooSlow;
      std::array<pollfd, 4> entries{{
          {.fd = stop_.descriptor(), .events = POLLIN, .revents = 0},
          {.fd = output_done_ ? -1 : output_.number(), .events = POLLIN, .revents = 0},
          {.fd = input_done_ ? -1 : input_.number(), .events = POLLOUT, .revents = 0},
          {.fd = process_.number(), .events = POLLIN, .revents = 0},
      }};
      if (::poll(entries.data(), entries.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
        return CommandEnd::kStopped;
      }
      if (stop_.raised()) return CommandEnd::kStopped;
      // The shell's end is the command's end: something it left behind may hold its output open.
      const bool ended = entries[3].revents != 0;
      if (entries[1].revents != 0 || ended) collect();
      if (collected_.size() > limits_.output) return CommandEnd::kTooMuch;
      if (ended) return std::nullopt;
    }
  }

  std::vector<std::byte> take_output() { return std::move(collected_); }

 private:
  void feed() {
    while (!body_.empty()) {
      const ssize_t put = ::write(input_.number(), body_.data(), body_.size());
      if (put < 0 && errno == EAGAIN) return;
      if (put < 0) break;  // A command need not read its input.
      body_ = body_.subspan(static_cast<std::size_t>(put));
    }
    input_ = Fd{};
    input_done_ = true;
  }

  /// Takes what has been written so far, or enough of it to be over the limit.
  void collect() {
    std::array<std::byte, 16'384> chunk;
    while (!output_done_ && collected_.size() <= limits_.output) {
      const ssize_t got = ::read(output_.number(), chunk.data(), chunk.size());
      if (got < 0) return;
      if (got == 0) output_done_ = true;
      collected_.insert(collected_.end(), chunk.begin(), chunk.begin() + got);
    }
  }

  Fd input_;
  Fd output_;
  Fd process_;
  Bytes body_;
  CommandLimits limits_;
  Instant deadline_;
  const StopFlag& stop_;
  std::vector<std::byte> collected_;
  bool input_done_ = false;
  bool output_done_ = false;
};

/// What a pipe holds.
std::string drain(const Fd& pipe) {
  std::string text;
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t got = ::read(pipe.number(), chunk.data(), chunk.size());
    if (got <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

/// A parent of ours may have chosen to ignore ended children: then nobody could wait for one.
void keep_ended_children() {
  ::signal(SIGCHLD, SIG_DFL);
}

void block_pipe_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

Result<CommandResult> run_command(const std::string& command, Bytes input,
                                  const CommandLimits& limits, const StopFlag& stop) {
  keep_ended_children();
  block_pipe_signal();
  auto to_command = open_pipe();
  if (!to_command) return std::unexpected(to_command.error());
  auto from_command = open_pipe();
  if (!from_command) return std::unexpected(from_command.error());
  auto words = open_pipe();
  if (!words) return std::unexpected(words.error());
  // Both ends: nobody reads it until the command is over, and it must not wait when it is full.
  never_block(words->read);
  never_block(words->write);
  const auto pid = spawn_shell(command, to_command->read, from_command->write, words->write);
  if (!pid) return std::unexpected(pid.error());
  // Ours must go, or the output would never end.
  to_command->read = Fd{};
  from_command->write = Fd{};
  words->write = Fd{};

  Fd process = open_process(*pid);
  const int no_process = process ? 0 : errno;
  Conversation conversation{std::move(to_command->write),
                            std::move(from_command->read),
                            std::move(process),
                            input,
                            limits,
                            stop};
  const std::optional<CommandEnd> cut = no_process != 0 ? CommandEnd::kStopped : conversation.run();
  // The group's number cannot be another's before its leader is waited for.
  ::kill(-*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (no_process != 0) return std::unexpected(system_error(no_process, "cannot watch /bin/sh"));
  CommandResult result{.output = conversation.take_output(), .words = drain(words->read)};
  if (cut) {
    result.end = *cut;
  } else if (WIFEXITED(status)) {
    result.status = WEXITSTATUS(status);
  } else {
    result.end = CommandEnd::kKilled;
  }
  return result;
}

}  // namespace volley::os
