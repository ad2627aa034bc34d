#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/body.hpp"
#include "cli/flags.hpp"
#include "cli/output.hpp"

namespace volley::cli {

/// What `send` was asked for.
struct SendFlags {
  std::optional<std::string> host;
  BodyFlags body;
  SocketFlags socket;
  OutputFlags output;
  bool broadcast = false;
  std::optional<std::uint64_t> ttl;
  std::optional<bool> loop;
  std::optional<double> rate;
  std::optional<std::uint64_t> count;
  bool lines = false;
  bool dont_fragment = false;
};

}  // namespace volley::cli
