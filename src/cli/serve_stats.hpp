#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <volley/raw_server.hpp>

#include "cli/command_pool.hpp"
#include "cli/json.hpp"

namespace volley::cli {

/// What a server counted.
struct ServeStats {
  RawServerCounters server;
  std::optional<CommandPool::Counters> commands;  ///< With --reply exec: only.
};

std::string to_text(const ServeStats& stats);
/// `{"event":"stats","final":…,"received":…,…}`.
JsonObject to_json(const ServeStats& stats, bool final);

}  // namespace volley::cli
