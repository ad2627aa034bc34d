#include "runtime/lossy_port.hpp"

#include <fmt/format.h>

namespace volley {

Result<void> validate_drop(double drop) {
  // Written so that NaN fails too.
  if (!(drop >= 0 && drop <= 1)) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("cannot drop datagrams with a probability of {}: from 0 to 1 is possible",
                          drop)});
  }
  return {};
}

}  // namespace volley
