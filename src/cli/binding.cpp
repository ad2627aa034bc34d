#include "cli/binding.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json.hpp"

namespace volley::cli {

namespace {

bool is_port(std::string_view text) {
  if (text.empty()) return false;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) return true;
  // A dot, a colon, a bracket or a star make an address; any other word is asked of the database.
  return text.find_first_of(".:[]*") == std::string_view::npos && service_port(text).has_value();
}

std::string_view default_host(DefaultBinding otherwise, const SocketChoice& choice) {
  // An interface was chosen, and the loopback address is not on it.
  if (otherwise == DefaultBinding::kEveryone || !choice.device.empty()) return "*";
  return choice.family == Family::kIpv6 ? "[::1]" : "127.0.0.1";
}

}  // namespace

Result<std::vector<Endpoint>> resolve_binding(const std::optional<std::string>& text,
                                              DefaultBinding otherwise,
                                              const SocketChoice& choice) {
  std::string address{default_host(otherwise, choice)};
  if (text && is_port(*text)) {
    address += ':' + *text;
  } else if (text) {
    address = *text;
  }
  auto endpoints = resolve_targets(address, choice);
  if (!endpoints) return std::unexpected(as_local(endpoints.error()));
  const auto v4 = std::ranges::find(*endpoints, Family::kIpv4, &Endpoint::family);
  if (v4 != endpoints->end()) std::rotate(endpoints->begin(), v4, v4 + 1);
  const Endpoint& first = endpoints->front();
  if (endpoints->size() == 1 && is_dual_stack(first, choice)) {
    endpoints->push_back({IpAddress::any_v4(), first.port()});
  }
  return endpoints;
}

bool is_dual_stack(const Endpoint& local, const SocketChoice& choice) {
  return local.address() == IpAddress::any_v6() && choice.family != Family::kIpv6;
}

std::string binding_text(const Endpoint& local, const SocketChoice& choice) {
  if (is_dual_stack(local, choice)) return fmt::format("*:{}", local.port());
  return local.to_string();
}

std::string reach_of(const Endpoint& local, const SocketChoice& choice,
                     std::span<const Interface> interfaces) {
  if (!choice.device.empty()) return fmt::format("interface {} only", choice.device);
  const IpAddress& address = local.address();
  if (address.is_unspecified()) return "everyone who can reach this machine";
  if (address.kind() == AddressKind::kLoopback)
    return "loopback only: other machines cannot reach it";
  if (address.is_multicast()) return "this group only";
  for (const Interface& interface : interfaces) {
    const auto& addresses = interface.addresses;
    if (std::ranges::find(addresses, address, &InterfaceAddress::address) != addresses.end()) {
      return fmt::format("this address only: interface {}", interface.name);
    }
  }
  return "this address only";
}

void announce(Output& output, const Endpoint& local, const SocketChoice& choice) {
  const auto here = interfaces();
  const std::string reach = reach_of(local, choice, here ? *here : std::vector<Interface>{});
  output.say(fmt::format("listening on {} ({})", binding_text(local, choice), reach));
  if (!output.is_json()) return;
  output.json({{"event", "listening"},
               {"address", local.address().to_string()},
               {"port", local.port()},
               {"reach", reach}});
}

Error explain_in_use(Error error, const std::vector<Endpoint>& endpoints, std::string_view also) {
  if (error.code != ErrorCode::kAddressInUse) return error;
  error.message +=
      fmt::format("; volley port {} --listening tells who{}", endpoints.front().port(), also);
  return error;
}

}  // namespace volley::cli
