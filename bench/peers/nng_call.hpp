#pragma once

#include <nng/nng.h>

#include <cstdio>
#include <cstdlib>

namespace bench {

/// Ends the program if NNG's call failed.
inline void check_nng(int status, const char* what) {
  if (status == 0) return;
  std::fprintf(stderr, "%s: %s\n", what, nng_strerror(status));
  std::exit(1);
}

}  // namespace bench
