#pragma once

#include <cstdint>

namespace volley::os {

/// The process's own three streams, by their descriptors.
enum class Stream : std::uint8_t { kInput = 0, kOutput = 1, kError = 2 };

/// Whether a person is at the other end.
bool is_terminal(Stream stream);

/// Whether colours may go there: a terminal, unless NO_COLOR is set or TERM says it is dumb.
bool takes_color(Stream stream);

}  // namespace volley::os
