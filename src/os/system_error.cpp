#include "os/system_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace volley::os {

ErrorCode error_code(int number) {
  switch (number) {
    case EINVAL:
    case EDESTADDRREQ:
    case ENOTCONN:
      return ErrorCode::kInvalid;
    case EADDRINUSE:
      return ErrorCode::kAddressInUse;
    case EADDRNOTAVAIL:
      return ErrorCode::kAddressNotLocal;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermission;
    case ECONNREFUSED:
      return ErrorCode::kRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
      return ErrorCode::kUnreachable;
    case EMSGSIZE:
      return ErrorCode::kTooLarge;
    case ETIMEDOUT:
      return ErrorCode::kTimedOut;
    case ENODEV:
    case ENXIO:
      return ErrorCode::kNotFound;
    case EAFNOSUPPORT:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case ENOBUFS:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return ErrorCode::kFull;
    default:
      return ErrorCode::kSystem;
  }
}

bool is_broken(int number) {
  return number == EBADF || number == ENOTSOCK || number == EFAULT || number == EPIPE;
}

Error system_error(int number, std::string_view what, std::string_view hint) {
  std::string reason = strerrordesc_np(number) != nullptr ? strerrordesc_np(number)
                                                          : fmt::format("error {}", number);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return {error_code(number), number,
          hint.empty() ? fmt::format("{}: {}", what, reason)
                       : fmt::format("{}: {}; {}", what, reason, hint)};
}

}  // namespace volley::os
