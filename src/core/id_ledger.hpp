#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/matcher.hpp>
#include <volley/raw_answer.hpp>

#include "base/flat_index.hpp"
#include "base/match_id_hash.hpp"
#include "core/pending_table.hpp"

namespace volley {

/// Which request IDs of a raw protocol are in flight, and how the last few others ended. Each
/// look-up takes the same short time, whatever arrives. Allocates when made and never after; one
/// thread.
class IdLedger {
 public:
  struct Capacity {
    std::size_t in_flight;
    std::size_t finished;
  };
  /// `seed` scatters the IDs.
  IdLedger(const Capacity& capacity, std::uint64_t seed);

  /// Requires room, and that no request with this ID is in flight.
  void begin(const MatchId& id, RequestId request);
  /// Requires that it is in flight. The longest finished is forgotten when there are too many.
  void end(const MatchId& id, RawOutcome outcome);

  std::optional<RequestId> in_flight(const MatchId& id) const;
  /// How the last request with this ID ended, if that was not too long ago.
  std::optional<RawOutcome> finished(const MatchId& id) const;

 private:
  struct Finished {
    MatchId id;
    RawOutcome outcome = RawOutcome::kNoAnswer;
  };

  FlatIndex<MatchId, RequestId, MatchIdHash> in_flight_;
  FlatIndex<MatchId, std::size_t, MatchIdHash> finished_;  // Where in history_.
  std::vector<Finished> history_;
  std::size_t capacity_;
  std::size_t oldest_ = 0;  // In history_, once that is full.
};

}  // namespace volley
