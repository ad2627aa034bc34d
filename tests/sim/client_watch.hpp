#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "books.hpp"
#include "numbers.hpp"
#include "profile.hpp"
#include "verdict.hpp"
#include "wire_view.hpp"

namespace volley::sim {

/// Reads everything that one client's process writes and hears, and holds it to the rules of
/// protocol.md §3 to §5 that a wire shows.
class ClientWatch {
 public:
  struct Seat {
    const Profile& profile;
    Verdict& verdict;
    Books& books;
    Numbers& numbers;
    const Lives& lives;
    std::string name;
  };

  explicit ClientWatch(const Seat& seat) : seat_{seat} {}

  /// The core wrote a datagram, and was told that it is `local`. `open` requests have no outcome
  /// yet.
  void sent(Bytes datagram, Instant local, std::size_t open, Instant now);
  /// The core is about to hear one that came from the server's address.
  void received(Bytes datagram);
  /// A retry may be hastened.
  void hinted() { ++news_, disturb(); }
  /// Something happened that makes the gaps between two copies longer than the waits.
  void disturb() { ++disturbance_; }

 private:
  void violate(Instant now, std::string oracle, const std::string& what);
  /// One of its client_ids: it has a second once the numbers of the first are used up.
  struct Id {
    std::uint64_t client_id = 0;
    std::uint32_t lowest = 1;
    Flights* flights = nullptr;
  };
  void check_header(const WireHeader& header, Instant now);
  Id& find_id(std::uint64_t client_id, Instant now);
  void check_lowest(const WireHeader& header, Id& id, Instant now);
  void check_shape(const WireHeader& header, Bytes datagram, Instant now);
  void take_frame(const Id& id, const WireFrame& frame, Instant local, std::size_t open,
                  Instant now);
  void take_first(Flight& flight, const WireFrame& frame, Instant local, Instant now);
  void take_next(Flight& flight, const WireFrame& frame, Instant local, std::size_t open,
                 Instant now);
  bool overtaken(const Flight& flight, Duration gap) const;
  void check_gap(Flight& flight, const WireFrame& frame, Duration gap, std::size_t open,
                 Instant now);

  Seat seat_;
  std::vector<Id> ids_;
  std::uint64_t epoch_ = 0;
  std::uint8_t turn_ = 0;
  std::uint64_t news_ = 0;
  std::uint64_t epochs_ = 0;
  std::uint64_t disturbance_ = 0;
  std::uint64_t order_ = 0;     // Datagrams with requests that were sent,
  std::uint64_t answered_ = 0;  // and the last of them that was answered promptly.
};

}  // namespace volley::sim
