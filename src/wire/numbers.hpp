#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <volley/options.hpp>
#include <volley/time.hpp>

namespace volley {

/// Who wrote a datagram.
enum class Side : std::uint8_t { kClient, kServer };

/// Names a client towards one destination: random, secret, never 0 (protocol.md §1.1).
enum class ClientId : std::uint64_t {};

/// Names one life of a server; 0 stands for none (protocol.md §1.1).
enum class Epoch : std::uint64_t {};

/// Shows a server that its client receives where it sends from; 0 stands for none (protocol.md
/// §3.3).
enum class Ticket : std::uint64_t {};

/// The number of a request under its client_id: 1 to kLastSequence (protocol.md §4.1).
enum class Sequence : std::uint32_t {};

// protocol.md §9, what both sides rely on. What only one side chooses stands where it is used.

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kHeaderSize = 32;                ///< Octets of a clear header (§3.1).
inline constexpr std::size_t kMaxBody = ClientLimits::kBody;  ///< Octets, of a body sent (§8.3).
inline constexpr std::uint32_t kWindow = 65'536;  ///< Numbers from L, or from a context's base, on.
inline constexpr Sequence kLastSequence{0x7fffffff};
inline constexpr std::uint8_t kLastAttempt = 255;  ///< Means this or more: the count stops (§4.1).
inline constexpr std::size_t kAmplification = 3;   ///< Answer to question, without a ticket (§6.3).
inline constexpr std::uint32_t kUptimeEnd = ~0U;   ///< An uptime in ms that no longer fits (§3.1).

inline constexpr Duration kCopiesWithin = std::chrono::seconds{120};    ///< After t0 (§5.7).
inline constexpr Duration kTicketAtLeast = std::chrono::seconds{60};    ///< It is accepted (§3.3).
inline constexpr Duration kTicketAtMost = std::chrono::seconds{120};    ///< It is accepted (§3.3).
inline constexpr Duration kRefusalsWithin = std::chrono::seconds{240};  ///< BUSY, NEVER (§5.8).
inline constexpr Duration kContextLife = std::chrono::seconds{247};     ///< When silent (§6.8).

/// Octets of the largest datagram that UDP carries over IPv4 (§2.1).
inline constexpr std::size_t kMaxDatagram = 65'507;

/// Octets up to which several frames share a datagram, where nothing more is known of the path, and
/// which nothing sent again exceeds unless one frame alone does (§8.1).
inline constexpr std::size_t kDatagramSize = 1'200;

/// The age of a request whose first copy was written so long ago. More than what passed, to make up
/// for clocks that differ and for uptimes in whole milliseconds (§1.1).
constexpr Duration age(Duration elapsed) {
  return elapsed + elapsed / 1'000 + std::chrono::milliseconds{10};
}

}  // namespace volley
