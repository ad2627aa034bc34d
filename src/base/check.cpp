#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace volley {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "volley: a bug: %s does not hold at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace volley
