#include <fmt/format.h>

#include <algorithm>

#include <volley/network.hpp>

#include "os/host_port.hpp"
#include "os/lookup.hpp"

namespace volley {
namespace {

constexpr IpAddress kLoopbackV4 = IpAddress::v4(127, 0, 0, 1);
constexpr IpAddress kLoopbackV6 = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

std::string_view family_name(Family family) {
  return family == Family::kIpv4 ? "IPv4" : "IPv6";
}

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name{host};
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name == "localhost" || name.ends_with(".localhost");
}

/// RFC 6761 §6.3: localhost is the loopback addresses, whatever the files and servers of this
/// machine say; those of them that it has.
os::Addresses localhost(std::optional<Family> family) {
  const auto all = interfaces();
  const auto here = [&](const IpAddress& address) {
    if (family && address.family() != *family) return false;
    return !all || std::ranges::any_of(*all, [&](const Interface& each) {
      return std::ranges::find(each.addresses, address, &InterfaceAddress::address) !=
             each.addresses.end();
    });
  };
  std::vector<IpAddress> found;
  for (const IpAddress& address : {kLoopbackV6, kLoopbackV4}) {
    if (here(address)) found.push_back(address);
  }
  if (!found.empty()) return found;
  return std::unexpected(Error{
      ErrorCode::kNotFound, 0,
      fmt::format(
          "localhost has no {} address on this machine; `ip address show lo` shows those it has",
          family ? family_name(*family) : "IP")});
}

os::Addresses numeric(std::string_view host, std::optional<Family> family) {
  const auto address = os::parse_numeric_host(host);
  if (!address) return std::unexpected(address.error());
  if (family && address->family() != *family) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("'{}' is an {} address, but only {} is asked for; drop one or the other",
                          host, family_name(address->family()), family_name(*family))});
  }
  return std::vector{*address};
}

os::Addresses addresses_of(std::string_view host, const ResolveOptions& options) {
  if (host == "*") return std::vector{IpAddress::any(options.family.value_or(Family::kIpv6))};
  if (os::looks_numeric(host)) return numeric(host, options.family);
  if (const auto good = os::check_host_name(host); !good) return std::unexpected(good.error());
  if (is_localhost(host)) return localhost(options.family);
  const std::string name{host};
  auto lookup = [name, family = options.family] { return os::look_up(name, family); };
  return options.deadline ? os::look_up_until(*options.deadline, name, std::move(lookup))
                          : lookup();
}

}  // namespace

Result<std::vector<Endpoint>> resolve(std::string_view host_and_port,
                                      const ResolveOptions& options) {
  const auto parts = os::split_host_port(host_and_port);
  if (!parts) return std::unexpected(parts.error());
  std::uint16_t port = options.default_port;
  if (!parts->port.empty()) {
    const auto given = service_port(parts->port);
    if (!given) return std::unexpected(given.error());
    port = *given;
  }
  const auto addresses = addresses_of(parts->host, options);
  if (!addresses) return std::unexpected(addresses.error());
  std::vector<Endpoint> endpoints;
  for (const IpAddress& address : *addresses) endpoints.emplace_back(address, port);
  return endpoints;
}

}  // namespace volley
