#pragma once

#include <cstdint>

namespace volley::os {

/// The process's own three streams, by their descriptors.
enum class Stream : std::uint8_t { kInput = 0, kOutput = 1, kError = 2 };

/// Keeps the place of a stream that was closed when the process began, so that no socket or file
/// takes it: what is read from it or written to it fails. Call it before anything is opened.
void hold_standard_streams();

/// Whether a person is at the other end.
bool is_terminal(Stream stream);

/// Whether colours may go there: a terminal, unless NO_COLOR is set or TERM says it is dumb.
bool takes_color(Stream stream);

}  // namespace volley::os
