#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/time.hpp>

namespace volley {

/// The most payload that one IPv4 UDP datagram can carry: 65,535 less 20 bytes of IP and 8 of UDP.
inline constexpr std::size_t kMaxPayload = 65'507;

/// Explicit congestion notification of a packet (RFC 3168), as in the IP header.
enum class Ecn : std::uint8_t { kNotCapable = 0, kCapable1 = 1, kCapable0 = 2, kCongested = 3 };

/// One datagram in. The payload is borrowed from the receive batch it came in.
struct Datagram {
  Endpoint peer{};  ///< Who sent it.
  /// Where it was sent to, as an address to answer from: for a broadcast or an IPv4 group the
  /// receiving interface's own, for an IPv6 group unspecified. On a socket without packet info,
  /// what it is bound to.
  Endpoint local{};
  Bytes payload{};
  Ecn ecn = Ecn::kNotCapable;
};

/// What the kernel told of a datagram beside its bytes: each only if the socket was asked for it.
/// No protocol logic sees it.
struct Arrival {
  std::optional<WallTime> time{};  ///< When the kernel received it.
  /// Index of the interface it came in by; told on sockets with packet info, which wildcard ones
  /// have unasked.
  std::optional<std::uint32_t> interface{};
  /// The multicast group it was sent to, if it was; told on sockets with packet info.
  std::optional<IpAddress> group{};
  std::optional<std::uint8_t> ttl{};  ///< IPv4 TTL or IPv6 hop limit left.
  std::optional<std::uint32_t>
      dropped{};           ///< Dropped by this socket's full queue so far, at least.
  bool truncated = false;  ///< The payload is only the beginning: the slot was too small.
};

/// One send: bytes in the caller's buffer, to one peer. With segment_size below size it is a run of
/// datagrams of segment_size bytes each, the last as long as what is left.
struct Transmit {
  Endpoint peer{};               ///< Unspecified (the default) on a connected socket.
  IpAddress local{};             ///< The address to send from; unspecified: the kernel chooses.
  std::size_t size = 0;          ///< Bytes, all datagrams of the run together.
  std::size_t segment_size = 0;  ///< Bytes of each datagram but the last; 0 or size: one datagram.
  bool alone = false;            ///< In no run with others: a SendBatch leaves it as it is.

  constexpr std::size_t datagrams() const { return datagrams_of(size); }
  /// How many datagrams `bytes` of this run are.
  constexpr std::size_t datagrams_of(std::size_t bytes) const {
    return segment_size == 0 || bytes <= segment_size ? 1
                                                      : (bytes + segment_size - 1) / segment_size;
  }
};

}  // namespace volley
