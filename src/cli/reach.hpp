#pragma once

#include <volley/error.hpp>

#include "cli/flags.hpp"

namespace volley::cli {

/// In clear mode a refusal is a hint, which ends no request. So of a name's several addresses the
/// one to ask is the first whose server answers a ping, which runs nothing there; or, when none
/// does within some waits, the first that did not refuse. Fails when no socket opens.
[[nodiscard]] Result<Endpoint> find_reachable(const Route& route, std::optional<Instant> deadline,
                                              Output& output);

}  // namespace volley::cli
