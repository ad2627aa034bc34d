#include "cli/exit_code.hpp"

namespace volley::cli {

ExitCode exit_code_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return ExitCode::kUsage;
    case ErrorCode::kRefused:
      return ExitCode::kRefused;
    case ErrorCode::kTimedOut:
    case ErrorCode::kStopped:
      return ExitCode::kNoAnswer;
    case ErrorCode::kAddressInUse:
    case ErrorCode::kAddressNotLocal:
    case ErrorCode::kPermission:
    case ErrorCode::kUnreachable:
    case ErrorCode::kTooLarge:
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
    case ErrorCode::kFull:
    case ErrorCode::kSystem:
      break;
  }
  return ExitCode::kSystem;
}

}  // namespace volley::cli
