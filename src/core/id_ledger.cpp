#include "core/id_ledger.hpp"

#include "base/check.hpp"

namespace volley {

IdLedger::IdLedger(const Capacity& capacity, std::uint64_t seed)
    : in_flight_{capacity.in_flight, {.seed = seed}},
      finished_{capacity.finished, {.seed = seed}},
      capacity_{capacity.finished} {
  VOLLEY_CHECK(capacity_ > 0);
  history_.reserve(capacity_);
}

void IdLedger::begin(const MatchId& id, RequestId request) {
  VOLLEY_CHECK(in_flight_.find(id) == nullptr);
  in_flight_.put(id, request);
}

void IdLedger::end(const MatchId& id, RawOutcome outcome) {
  VOLLEY_CHECK(in_flight_.find(id) != nullptr);
  in_flight_.erase(id);
  if (const auto* again = finished_.find(id)) {
    history_[*again].outcome = outcome;
    return;
  }
  if (history_.size() < capacity_) {
    finished_.put(id, history_.size());
    history_.push_back({.id = id, .outcome = outcome});
    return;
  }
  finished_.erase(history_[oldest_].id);
  finished_.put(id, oldest_);
  history_[oldest_] = {.id = id, .outcome = outcome};
  oldest_ = oldest_ + 1 < capacity_ ? oldest_ + 1 : 0;
}

std::optional<RequestId> IdLedger::in_flight(const MatchId& id) const {
  const auto* request = in_flight_.find(id);
  return request != nullptr ? std::optional{*request} : std::nullopt;
}

std::optional<RawOutcome> IdLedger::finished(const MatchId& id) const {
  const auto* place = finished_.find(id);
  return place != nullptr ? std::optional{history_[*place].outcome} : std::nullopt;
}

}  // namespace volley
