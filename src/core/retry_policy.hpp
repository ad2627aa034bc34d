#pragma once

#include <volley/error.hpp>
#include <volley/options.hpp>

namespace volley {

/// Fails with kInvalid, naming the member, if a policy could not work: a wait of nothing would send
/// without end. Every policy of a user's goes through here before the core sees it.
[[nodiscard]] Result<void> validate(const RetryPolicy& policy);

}  // namespace volley
