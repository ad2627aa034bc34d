#include "check_failed.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace volley {

void check_failed(const char* expression, const char* file, int line) {
  throw sim::CheckFailed{fmt::format("{}:{}: {} does not hold", file, line, expression)};
}

}  // namespace volley
