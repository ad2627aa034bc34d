#pragma once

#include <string_view>

#include <volley/error.hpp>

namespace volley::os {

/// The kind of failure behind an errno.
ErrorCode error_code(int number);

/// Whether an errno of a send or receive says that the socket itself is no more, not that one
/// datagram failed.
bool is_broken(int number);

/// "`what`: reason; `hint`" from an errno, the reason in the system's words and the hint left out
/// if empty.
Error system_error(int number, std::string_view what, std::string_view hint = {});

}  // namespace volley::os
