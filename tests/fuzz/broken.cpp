#include <cstdio>
#include <cstdlib>

#include "target.hpp"

namespace volley::fuzz {

void broken(const std::string& promise) {
  std::fprintf(stderr, "fuzz: broken: %s\n", promise.c_str());
  std::abort();
}

}  // namespace volley::fuzz
