#include "os/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

namespace volley::os {

void hold_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free is the one opened. The wrong way round, so that use is an
    // error.
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

bool is_terminal(Stream stream) {
  return ::isatty(std::to_underlying(stream)) == 1;
}

bool takes_color(Stream stream) {
  // no-color.org: any value but the empty one counts.
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::string_view{term} == "dumb") return false;
  return is_terminal(stream);
}

}  // namespace volley::os
