#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <volley/time.hpp>

#include "profile.hpp"

namespace volley::sim {

/// A promise that was broken.
struct Violation {
  std::string oracle;  ///< Which promise.
  std::string story;   ///< By whom, on what, how.
  Instant when{};      ///< True time.
};

/// The first violation of a run; what comes after it proves nothing.
class Verdict {
 public:
  explicit Verdict(Judged judged) : judged_{judged} {}

  void violate(Instant when, std::string oracle, std::string story) {
    if (!violation_ && counts(oracle)) {
      violation_ = Violation{std::move(oracle), std::move(story), when};
    }
  }
  bool broken() const { return violation_.has_value(); }
  const std::optional<Violation>& violation() const { return violation_; }

 private:
  bool counts(std::string_view oracle) const {
    const auto is = [&](std::string_view name) { return name == oracle; };
    constexpr std::array<std::string_view, 3> kSurvival{"crash", "no end", "memory"};
    constexpr std::array<std::string_view, 10> kPromise{
        "at most once",      "not executed", "executed, reply lost", "unknown",
        "nothing acts late", "one outcome",  "reply bytes",          "deadline",
        "recovery",          "amplification"};
    if (judged_ == Judged::kAll || std::ranges::any_of(kSurvival, is)) return true;
    return judged_ == Judged::kPromise && std::ranges::any_of(kPromise, is);
  }

  std::optional<Violation> violation_;
  Judged judged_;
};

}  // namespace volley::sim
