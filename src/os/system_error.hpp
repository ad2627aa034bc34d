#pragma once

#include <string_view>

#include <volley/error.hpp>

namespace volley::os {

/// The kind of failure behind an errno.
ErrorCode error_code(int number);

/// "`what`: reason; `hint`" from an errno, the reason in the system's words and the hint left out
/// if empty.
Error system_error(int number, std::string_view what, std::string_view hint = {});

}  // namespace volley::os
