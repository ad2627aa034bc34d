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

/// Which request IDs of a raw protocol are in flight, and how the last few others ended. A
/// look-up takes a short time, whatever arrives. Allocates when made and never after; one
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
  struct Ended {
    MatchId id;
    std::uint64_t before = 0;  ///< Which one ended before it of those with its hash; 0 is none.
    RawOutcome outcome = RawOutcome::kNoAnswer;
  };

  std::size_t place_of(const MatchId& id) const { return hash_(id) & (latest_.size() - 1); }

  MatchIdHash hash_;
  FlatIndex<MatchId, RequestId, MatchIdHash> in_flight_;
  // The last ones, numbered from 1 as they ended; so one is never looked for that another has
  // overwritten, and none needs to be taken out.
  std::vector<Ended> ended_;
  std::vector<std::uint64_t> latest_;  // By hash: which one ended last.
  std::uint64_t count_ = 0;            // How many ended.
};

}  // namespace volley
