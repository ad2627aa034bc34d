#pragma once

#include <optional>
#include <string>

#include "profile.hpp"

namespace volley::sim {

/// What is left out of a seed's scenario.
struct Cuts {
  FaultSet without{};
  std::optional<unsigned> requests{};
  std::optional<unsigned> burst{};
  std::optional<unsigned> clients{};
  std::optional<unsigned> workers{};
  std::optional<unsigned> trouble_ms{};
};

void apply(const Cuts& cuts, Profile& profile);

/// The arguments that make sweep cut the same.
std::string arguments(const Cuts& cuts);

}  // namespace volley::sim
