#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include <volley/network.hpp>

namespace volley {
namespace {

constexpr std::string_view kWhatItTakes =
    "that takes an IPv4 subnet with a prefix of 30 bits or fewer";

Error not_found(int number, std::string message) {
  return {ErrorCode::kNotFound, number, std::move(message)};
}

void append_broadcasts(const Interface& interface, std::vector<IpAddress>& out) {
  for (const InterfaceAddress& address : interface.addresses) {
    const bool fresh = address.broadcast && std::ranges::find(out, *address.broadcast) == out.end();
    if (fresh) out.push_back(*address.broadcast);
  }
}

Result<std::vector<IpAddress>> broadcasts_of(const std::vector<Interface>& all,
                                             std::uint32_t index) {
  const auto wanted = std::ranges::find(all, index, &Interface::index);
  if (wanted == all.end()) {
    return std::unexpected(
        not_found(ENODEV, fmt::format("no network interface has the index {}", index)));
  }
  if (!wanted->up) {
    return std::unexpected(not_found(
        ENETDOWN, fmt::format("{0} is down; `ip link set {0} up` raises it", wanted->name)));
  }
  std::vector<IpAddress> found;
  append_broadcasts(*wanted, found);
  if (!found.empty()) return found;
  return std::unexpected(
      not_found(0, fmt::format("{} has no broadcast address; {}", wanted->name, kWhatItTakes)));
}

}  // namespace

Result<std::vector<IpAddress>> broadcast_addresses(std::uint32_t interface) {
  const auto all = interfaces();
  if (!all) return std::unexpected(all.error());
  if (interface != 0) return broadcasts_of(*all, interface);
  std::vector<IpAddress> found;
  for (const Interface& each : *all) {
    // The loopback interface's is only for who names it: local listeners hear every other one as
    // well.
    if (each.up && each.broadcast && !each.loopback) append_broadcasts(each, found);
  }
  if (!found.empty()) return found;
  return std::unexpected(not_found(
      0, fmt::format("no interface that is up has a broadcast address; {}", kWhatItTakes)));
}

bool is_broadcast(const IpAddress& address) {
  if (address.kind() == AddressKind::kBroadcast) return true;
  if (address.family() == Family::kIpv6) return false;
  const auto all = interfaces();
  const auto is_own = [&](const InterfaceAddress& own) { return own.broadcast == address; };
  return all && std::ranges::any_of(*all, [&](const Interface& each) {
           return each.up && std::ranges::any_of(each.addresses, is_own);
         });
}

}  // namespace volley
