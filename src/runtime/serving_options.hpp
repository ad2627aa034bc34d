#pragma once

#include <volley/error.hpp>

namespace volley {

/// What every server needs: a handler, and of its simulated loss a probability. Fails with
/// kInvalid.
[[nodiscard]] Result<void> validate_serving(bool has_handler, double drop);

}  // namespace volley
