#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include <volley/matcher.hpp>

#include "core/raw_client_core.hpp"

namespace volley {

/// IDs that nobody can predict, for requests whose Matcher wants a fresh one each.
class FreshIds {
 public:
  /// One of `size` bytes that is neither in flight nor lately finished. Nothing only if, against
  /// all odds, every draw met one that is.
  std::optional<MatchId> draw(const RawClientCore& core, std::size_t size);

 private:
  std::byte next();

  std::array<std::byte, 4096> pool_{};  // Drawn from the system a page at a time.
  std::size_t used_ = sizeof pool_;
};

}  // namespace volley
