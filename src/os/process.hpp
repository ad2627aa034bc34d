#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

#include "os/poller.hpp"

namespace volley::os {

/// How far a command may go before it is ended.
struct CommandLimits {
  Duration time;
  std::size_t output;  ///< Bytes of standard output.
};

enum class CommandEnd : std::uint8_t {
  kDone,     ///< It exited by itself.
  kKilled,   ///< A signal not of ours ended it.
  kTooSlow,  ///< Over the limit of time.
  kTooMuch,  ///< Over the limit of output.
  kStopped,  ///< The stop flag was raised.
};

struct CommandResult {
  CommandEnd end = CommandEnd::kDone;
  int status = 0;  ///< Its exit status, after kDone.
  std::vector<std::byte> output;
  std::string
      words;  ///< What it wrote to standard error: the first of it, as much as a pipe holds.
};

/// Runs `/bin/sh -c command` with `input` as its standard input, and gives what it wrote to its
/// standard output and standard error. Whatever it started in its process group ends with it,
/// however it ends.
///
/// Blocks, and blocks SIGPIPE in the calling thread for good: call it on a thread of its own. Sets
/// SIGCHLD to its default. Fails with kFull or kSystem when the command cannot be started.
[[nodiscard]] Result<CommandResult> run_command(const std::string& command, Bytes input,
                                                const CommandLimits& limits, const StopFlag& stop);

}  // namespace volley::os
