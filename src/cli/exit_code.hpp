#pragma once

#include <volley/error.hpp>

namespace volley::cli {

/// What the process ends with, the same for every verb.
enum class ExitCode : int {
  kDone = 0,
  kNoAnswer = 1,  ///< Or a threshold failed.
  kUsage = 2,
  kSystem = 3,
  kRefused = 4,
};

/// The code for a failure that ends a verb.
ExitCode exit_code_for(ErrorCode code);

}  // namespace volley::cli
