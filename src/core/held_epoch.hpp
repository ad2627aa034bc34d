#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <volley/time.hpp>

#include "wire/clear_header.hpp"

namespace volley {

/// What a client holds of its server: the epoch, the ticket, and the turn by which it tells a new
/// incarnation from a late datagram of an old one (protocol.md §5.1, §5.3). One thread.
class HeldEpoch {
 public:
  /// What a header told: the rows of §5.3.
  enum class News : std::uint8_t {
    kFirst,    ///< Row 1: an epoch, where none was held.
    kFresh,    ///< Row 2: the ticket is as fresh as the header.
    kLate,     ///< Row 3: an older header came late.
    kRestart,  ///< Row 4: another incarnation.
    kStale,    ///< Row 5: another epoch, and no proof that it is a later one.
  };

  /// Takes the header of a datagram that passed §2.3; `bare`: it has nothing else.
  News take(const ClearHeader& header, bool bare, Instant now);

  bool known() const { return epoch_ != Epoch{}; }
  Epoch epoch() const { return epoch_; }
  Ticket ticket() const { return ticket_; }
  /// When the ticket came.
  Instant ticket_instant() const { return ticket_instant_; }
  std::uint8_t turn() const { return turn_; }
  /// Names epoch and ticket together: another number for every other pair.
  std::uint32_t stamp() const { return stamp_; }
  /// Whether the epoch held is one that was left before: two incarnations at one address (§5.9).
  bool returned() const { return returned_; }

 private:
  void hold(const ClearHeader& header, Instant now);
  void leave();

  Epoch epoch_{};
  Ticket ticket_{};
  std::uint32_t ticket_uptime_ = 0;
  Instant ticket_instant_{};
  std::uint32_t stamp_ = 0;
  std::uint8_t turn_ = 0;
  bool returned_ = false;
  std::array<Epoch, 8> left_{};  // protocol.md §5.9: the last 8.
  std::size_t next_left_ = 0;
};

}  // namespace volley
