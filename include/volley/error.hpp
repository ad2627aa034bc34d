#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace volley {

/// What kind of failure this is: what a program decides by. The words are in Error::message.
enum class ErrorCode : std::uint8_t {
  kInvalid,          ///< The caller's input: an address, an option, a size.
  kAddressInUse,     ///< Another socket holds the address.
  kAddressNotLocal,  ///< No interface of this machine has the address.
  kPermission,       ///< Needs a privilege or an option (broadcast, a port below 1024, a device).
  kRefused,          ///< The host answered that nothing listens on the port.
  kUnreachable,      ///< No route, or a router or the host said so.
  kTooLarge,         ///< Does not fit the datagram, the path MTU or the buffer.
  kTimedOut,         ///< The deadline passed.
  kNotFound,         ///< No such host, service, interface or option.
  kUnsupported,      ///< This kernel or this kind of socket cannot do it.
  kFull,             ///< A limit is reached, of options.hpp or of the system (buffers, files,
                     ///< threads); later there may be room.
  kStopped,          ///< stop() was called.
  kSystem,           ///< Anything else that the system said.
};

/// A failure of the world outside: what failed, on what address, and what to try, as one sentence.
struct Error {
  ErrorCode code = ErrorCode::kSystem;
  int system_error = 0;  ///< The errno behind it, or 0.
  std::string message;
};

/// A value, or why there is none. Nothing in Volley throws across its API.
template <class T>
using Result = std::expected<T, Error>;

}  // namespace volley
