#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace volley {

/// The one of `words` that somebody who typed `word` most likely meant, or nothing when none is
/// near: at most one slip in three letters, and three in all. A slip is a letter too many, too few,
/// wrong or swapped with its neighbour; capitals do not count. The first of equals wins.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> words);

}  // namespace volley
