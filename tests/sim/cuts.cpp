#include "cuts.hpp"

#include <fmt/format.h>

namespace volley::sim {

void apply(const Cuts& cuts, Profile& profile) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (cuts.without.has(fault)) profile.faults.remove(fault);
  }
  // Small limits are drawn with the profile, so the fault alone does not undo them.
  if (cuts.without.has(Fault::kPressure)) profile.limits = {};
  profile.requests = cuts.requests.value_or(profile.requests);
  profile.burst = cuts.burst.value_or(profile.burst);
  profile.clients = cuts.clients.value_or(profile.clients);
  profile.workers = cuts.workers.value_or(profile.workers);
  if (cuts.trouble_ms) profile.trouble = std::chrono::milliseconds{*cuts.trouble_ms};
}

std::string arguments(const Cuts& cuts) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::optional<unsigned>& value) {
    if (value) text += fmt::format(" --{} {}", name, *value);
  };
  add("requests", cuts.requests);
  add("burst", cuts.burst);
  add("clients", cuts.clients);
  add("workers", cuts.workers);
  add("trouble-ms", cuts.trouble_ms);
  std::string without;
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (!cuts.without.has(fault)) continue;
    if (!without.empty()) without += ',';
    without += to_string(fault);
  }
  return without.empty() ? text : text + " --without " + without;
}

}  // namespace volley::sim
