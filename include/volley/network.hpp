#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley {

/// One address of one of this machine's interfaces.
struct InterfaceAddress {
  IpAddress address;
  unsigned prefix_length = 0;  ///< Bits of the subnet's prefix.
  std::optional<IpAddress>
      broadcast;  ///< The subnet's broadcast address, where it has one (IPv4 only).
};

/// One of this machine's network interfaces.
struct Interface {
  std::string name;
  std::uint32_t index = 0;
  std::uint32_t mtu = 0;
  bool up = false;
  bool loopback = false;
  bool broadcast = false;
  bool multicast = false;
  std::vector<InterfaceAddress> addresses;
};

/// Every interface, in the kernel's order.
[[nodiscard]] Result<std::vector<Interface>> interfaces();

/// The index of an interface given by name or by decimal index. Fails with kNotFound, naming those
/// there are.
[[nodiscard]] Result<std::uint32_t> interface_index(std::string_view name);
/// The name behind an index, or its decimal digits when there is none.
std::string interface_name(std::uint32_t index);

/// Every subnet broadcast address of the interfaces that are up but loopback, or of the one with
/// this index. Fails with kNotFound if there is none.
[[nodiscard]] Result<std::vector<IpAddress>> broadcast_addresses(std::uint32_t interface = 0);
/// Whether this is 255.255.255.255 or a subnet broadcast address of this machine.
bool is_broadcast(const IpAddress& address);

/// The ranges that IANA splits ports into (RFC 6335 §6).
enum class PortRange : std::uint8_t { kWellKnown, kRegistered, kDynamic };
PortRange port_range(std::uint16_t port);

/// The UDP port of a service in the system's database ("domain" is 53), or a decimal number. Fails
/// with kNotFound or kInvalid.
[[nodiscard]] Result<std::uint16_t> service_port(std::string_view name);
/// The service's name for a UDP port, if the database has one.
std::optional<std::string> service_name(std::uint16_t port);

/// How to read `HOST[:PORT]`.
struct ResolveOptions {
  std::uint16_t default_port = 1060;
  std::optional<Family> family{};  ///< Only addresses of this family.
  std::optional<Instant> deadline{};
};

/// All the endpoints of `HOST[:PORT]`, in the order to try them: HOST is a numeric address, a name,
/// or `*` for everyone; PORT a number or a service's name; an IPv6 address with a port stands in
/// brackets; a scope may be an interface's name (`[fe80::1%eth0]:53`). Fails with kInvalid,
/// kNotFound, kTimedOut.
[[nodiscard]] Result<std::vector<Endpoint>> resolve(std::string_view host_and_port,
                                                    const ResolveOptions& options = {});

}  // namespace volley
