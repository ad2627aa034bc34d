#include "runtime/serving_options.hpp"

#include "runtime/lossy_port.hpp"

namespace volley {

Result<void> validate_serving(bool has_handler, double drop) {
  if (!has_handler) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0, "a server needs a handler for what it is asked"});
  }
  return validate_drop(drop);
}

}  // namespace volley
