#pragma once

namespace volley {

/// Ends the process, naming the broken promise: our own bug, never the world's doing.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace volley

/// Holds in release builds too.
#define VOLLEY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::volley::check_failed(#condition, __FILE__, __LINE__))
