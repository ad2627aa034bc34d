#include "base/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace volley {
namespace {

constexpr std::size_t kMaxSlips = 3;

bool same_letter(char a, char b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return lower(a) == lower(b);
}

/// Optimal string alignment distance: row i of the table holds the slips from a[0..i) to each
/// b[0..j). Only the last three rows are kept.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
      const bool swapped =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> words) {
  std::optional<std::string_view> best;
  std::size_t best_slips = kMaxSlips + 1;
  for (const std::string_view candidate : words) {
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    // Also keeps the table small, however long the word is.
    if (longer - shorter > kMaxSlips) continue;
    const std::size_t count = slips(word, candidate);
    if (count > longer / 3 || count >= best_slips) continue;
    best = candidate;
    best_slips = count;
  }
  return best;
}

}  // namespace volley
