#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <volley/error.hpp>

namespace volley {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

/// What a packet to an address means. The first that fits, in this order.
enum class AddressKind : std::uint8_t {
  kUnspecified,  ///< 0.0.0.0 or ::, "everyone" when bound to.
  kLoopback,     ///< 127.0.0.0/8 or ::1.
  kLinkLocal,    ///< 169.254.0.0/16 or fe80::/10.
  kPrivate,  ///< 10/8, 172.16/12, 192.168/16 (RFC 1918), 100.64/10 (RFC 6598), fc00::/7 (RFC 4193).
  kMulticast,  ///< 224.0.0.0/4 or ff00::/8.
  kBroadcast,  ///< 255.255.255.255. Subnet broadcast addresses depend on the interface:
               ///< network.hpp.
  kGlobal,     ///< Everything else.
};

/// An IPv4 or IPv6 address, with an IPv6 scope (an interface's index) where there is one.
///
/// A value of 20 bytes: copy it. An IPv4 address and its IPv4-mapped IPv6 form (::ffff:192.0.2.1)
/// are one and the same value, of family kIpv4.
class IpAddress {
 public:
  /// The IPv6 unspecified address, `::`.
  constexpr IpAddress() = default;

  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return IpAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, 0};
  }
  /// From 16 bytes in network order. `scope` is an interface's index, 0 for none.
  static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes,
                                std::uint32_t scope = 0) {
    return IpAddress{bytes, scope};
  }
  static constexpr IpAddress any_v4() { return v4(0, 0, 0, 0); }
  static constexpr IpAddress any_v6() { return {}; }
  static constexpr IpAddress any(Family family) {
    return family == Family::kIpv4 ? any_v4() : any_v6();
  }
  /// 127.0.0.1 or ::1.
  static constexpr IpAddress loopback(Family family) {
    return family == Family::kIpv4 ? v4(127, 0, 0, 1)
                                   : v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  }

  /// Reads a numeric address: `192.0.2.1` (four decimal parts), RFC 4291 IPv6 text, `fe80::1%3`
  /// with a numeric scope. Names of hosts and interfaces are network.hpp's. Fails with kInvalid.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  constexpr Family family() const { return is_mapped() ? Family::kIpv4 : Family::kIpv6; }
  AddressKind kind() const;
  constexpr bool is_unspecified() const { return *this == any_v4() || *this == any_v6(); }
  constexpr bool is_multicast() const {
    return is_mapped() ? (bytes_[12] & 0xf0U) == 0xe0U : bytes_[0] == 0xff;
  }

  /// The 16 bytes of the IPv6 form, network order; an IPv4 address is in the last four.
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  constexpr std::uint32_t scope() const { return scope_; }
  constexpr IpAddress with_scope(std::uint32_t scope) const {
    return IpAddress{bytes_, is_mapped() ? 0 : scope};
  }

  /// The canonical text of RFC 5952; a scope as `%index`.
  std::string to_string() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend constexpr bool operator==(const IpAddress& left, const IpAddress& right) {
    return left.half(0) == right.half(0) && left.half(1) == right.half(1) &&
           left.scope_ == right.scope_;
  }

 private:
  constexpr IpAddress(const std::array<std::uint8_t, 16>& bytes, std::uint32_t scope)
      : bytes_{bytes}, scope_{scope} {}
  constexpr bool is_mapped() const {
    constexpr auto kPrefix =
        std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{0, 0, 0xff, 0xff});
    return half(0) == 0 && number<std::uint32_t>(8) == kPrefix;
  }
  constexpr std::uint64_t half(std::size_t which) const { return number<std::uint64_t>(8 * which); }
  /// Some of the bytes as one number, in this machine's order. Each datagram's addresses are looked
  /// at several times, and byte by byte that would be felt.
  template <class Number>
  constexpr Number number(std::size_t at) const {
    std::array<std::uint8_t, sizeof(Number)> some{};
    std::copy_n(bytes_.begin() + at, some.size(), some.begin());
    return std::bit_cast<Number>(some);
  }

  std::array<std::uint8_t, 16> bytes_{};
  std::uint32_t scope_ = 0;
};

/// An address and a UDP port: one end of a conversation. A value of 24 bytes.
class Endpoint {
 public:
  constexpr Endpoint() = default;
  constexpr Endpoint(const IpAddress& address, std::uint16_t port)
      : address_{address}, port_{port} {}

  /// Reads `192.0.2.1:53`, `[2001:db8::1]:53` or `[fe80::1%3]:53`. The port is needed. Fails with
  /// kInvalid.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);

  constexpr const IpAddress& address() const { return address_; }
  constexpr std::uint16_t port() const { return port_; }
  constexpr Family family() const { return address_.family(); }
  constexpr Endpoint with_port(std::uint16_t port) const { return {address_, port}; }

  /// What parse() reads: `192.0.2.1:53`, `[2001:db8::1]:53`.
  std::string to_string() const;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;

 private:
  IpAddress address_;
  std::uint16_t port_ = 0;
};

}  // namespace volley

/// Hashes for unordered containers. Not proof against a peer that picks its addresses to collide.
template <>
struct std::hash<volley::Endpoint> {
  std::size_t operator()(const volley::Endpoint& endpoint) const noexcept;
};
