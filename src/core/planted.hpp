#pragma once

#include <cstdint>

namespace volley {

/// Shortcuts that look harmless and break the promise: the simulator plants them, one at a time, to
/// prove that it would notice. A product build has none; only the tests' own build of the core can
/// switch one on.
enum class Bug : std::uint8_t {
  kNone,
  kAddressInKey,        ///< A context is found by client ID and address.
  kBaseFreedOnReply,    ///< A number is forgotten as soon as its reply is sent.
  kContextFreedEarly,   ///< A context dies 60 s after its last datagram, not 247 s.
  kProbeNoTombstone,    ///< A PROBE for a new number leaves no trace.
  kRefusedRunsLater,    ///< A number that was refused runs when it comes again.
  kCopiesTooLate,       ///< Copies are sent until the deadline, not for 120 s.
  kRestampAlways,       ///< A new epoch restamps every request, without the uptime test.
  kStaleEpochBelieved,  ///< Any other epoch is news, whatever the turn.
  kReplyByPlace,   ///< The end of a handler is matched by its place in the ring, not its number.
  kRunsMisrouted,  ///< A worker runs what steering gives to another.
  kTicketWithoutAddress,  ///< A ticket is good from any address.
  kTicketTooLong,         ///< A ticket is accepted for ten turns of the secret.
  kNeverBelievedLate,     ///< BUSY and NEVER are believed whatever the request's age.
  kStartResets,           ///< t0 starts anew when a request is restamped.
  kClockSleeps,           ///< The host's clock stands still in suspend.
};

#ifdef VOLLEY_PLANTED_BUGS
/// The bug that is planted now. One thread.
inline Bug planted_bug = Bug::kNone;
inline bool planted(Bug bug) {
  return planted_bug == bug;
}
#else
constexpr bool planted(Bug) {
  return false;
}
#endif

}  // namespace volley
