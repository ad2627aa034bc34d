#include "os/entropy.hpp"

#include <sys/random.h>

#include <cerrno>

#include "base/check.hpp"

namespace volley::os {

void fill_random(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    VOLLEY_CHECK(got > 0);  // Every kernel that can run this has the call.
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  fill_random(std::as_writable_bytes(std::span{&value, 1}));
  return value;
}

}  // namespace volley::os
