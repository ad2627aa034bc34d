#include "core/id_ledger.hpp"

#include <bit>
#include <utility>

#include "base/check.hpp"

namespace volley {

IdLedger::IdLedger(const Capacity& capacity, std::uint64_t seed)
    : hash_{.seed = seed},
      in_flight_{capacity.in_flight, hash_},
      ended_(capacity.finished),
      latest_(std::bit_ceil(capacity.finished)) {
  VOLLEY_CHECK(!ended_.empty());
}

void IdLedger::begin(const MatchId& id, RequestId request) {
  VOLLEY_CHECK(in_flight_.find(id) == nullptr);
  in_flight_.put(id, request);
}

void IdLedger::end(const MatchId& id, RawOutcome outcome) {
  VOLLEY_CHECK(in_flight_.erase(id));
  ++count_;
  ended_[count_ % ended_.size()] = {
      .id = id, .before = std::exchange(latest_[place_of(id)], count_), .outcome = outcome};
}

std::optional<RequestId> IdLedger::in_flight(const MatchId& id) const {
  const auto* request = in_flight_.find(id);
  return request != nullptr ? std::optional{*request} : std::nullopt;
}

std::optional<RawOutcome> IdLedger::finished(const MatchId& id) const {
  for (std::uint64_t number = latest_[place_of(id)]; number != 0 && count_ - number < ended_.size();
       number = ended_[number % ended_.size()].before) {
    const Ended& ended = ended_[number % ended_.size()];
    if (ended.id == id) return ended.outcome;
  }
  return std::nullopt;
}

}  // namespace volley
