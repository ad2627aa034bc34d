#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include <volley/error.hpp>

#include "os/system_error.hpp"

namespace volley::os {

/// Runs `work` on a thread of its own. Fails with kFull when the system has no room for one more.
template <class Work>
[[nodiscard]] Result<std::jthread> start_thread(Work work) {
  try {
    return std::jthread{std::move(work)};
  } catch (const std::system_error& error) {
    return std::unexpected(system_error(error.code().value(), "cannot start a thread",
                                        "raise the limit on them (`ulimit -u`)"));
  }
}

}  // namespace volley::os
