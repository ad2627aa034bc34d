#include "wire/drop.hpp"

#include <numeric>

namespace volley {

std::string_view to_string(Drop drop) {
  static constexpr std::array<std::string_view, kDropReasons> kNames = {
      "short",       "type",       "unsupported",   "version",        "stranger",    "source",
      "direction",   "header",     "misrouted",     "unknown_client", "ticket",      "malformed",
      "stale_epoch", "below_base", "beyond_window", "late",           "stale_stamp", "unsent",
  };
  return kNames[std::to_underlying(drop)];
}

std::uint64_t DropCounters::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace volley
