#include "cli/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <volley/network.hpp>

#include "cli/binding.hpp"

namespace volley::cli {

namespace {

Result<Membership> read_group(std::string_view text, const SocketChoice& choice) {
  const std::size_t at = text.find('@');
  const auto address = IpAddress::parse(text.substr(0, at));
  if (!address || !address->is_multicast()) {
    return invalid(
        fmt::format("--group {}: not a multicast group; say an address of 224.0.0.0/4 or ff00::/8, "
                    "and perhaps its interface, as in 239.1.2.3@eth0",
                    text));
  }
  if (choice.family && *choice.family != address->family()) {
    return invalid(fmt::format(
        "--group {} is of the other IP version than -4 or -6 says; drop one of them", text));
  }
  Membership membership{.group = *address, .interface = choice.interface, .source = {}};
  if (at == std::string_view::npos) return membership;
  const auto interface = interface_index(text.substr(at + 1));
  if (!interface) return std::unexpected(interface.error());
  if (choice.interface != 0 && choice.interface != *interface) {
    return invalid(fmt::format("--group {} and -i {} contradict each other; drop one of them", text,
                               choice.device));
  }
  membership.interface = *interface;
  return membership;
}

}  // namespace

void add_group_flags(Parser& parser, GroupFlags& flags) {
  parser.options("--group", "ADDR[@IFACE]",
                 "join this multicast group, on this interface; again and again", flags.groups);
  parser.options("--from", "ADDR",
                 "take from the groups only what this sender sends; again and again",
                 flags.sources);
}

Result<std::vector<Membership>> read_memberships(const GroupFlags& flags,
                                                 const SocketChoice& choice) {
  if (!flags.sources.empty() && flags.groups.empty()) {
    return invalid("--from is for multicast; say which --group it sends to");
  }
  std::vector<Membership> memberships;
  for (const std::string& text : flags.groups) {
    const auto group = read_group(text, choice);
    if (!group) return std::unexpected(group.error());
    if (flags.sources.empty()) memberships.push_back(*group);
    for (const std::string& source : flags.sources) {
      const auto address = IpAddress::parse(source);
      if (!address || address->family() != group->group.family()) {
        return invalid(fmt::format(
            "--from {}: not the address of a sender to {}; say one of the same IP version", source,
            group->group.to_string()));
      }
      memberships.push_back(*group);
      memberships.back().source = *address;
    }
  }
  return memberships;
}

Result<void> check_hears(std::span<const Membership> memberships, std::span<const Endpoint> locals,
                         const SocketChoice& choice) {
  for (const auto& [group, interface, source] : memberships) {
    const auto hears = [&](const Endpoint& local) {
      const IpAddress& address = local.address();
      if (!address.is_unspecified()) return address.with_scope(0) == group.with_scope(0);
      return is_dual_stack(local, choice) || local.family() == group.family();
    };
    if (std::ranges::any_of(locals, hears)) continue;
    return invalid(fmt::format("{} hears nothing that is sent to {}; listen on *:{} instead",
                               locals.front().to_string(), group.to_string(),
                               locals.front().port()));
  }
  return {};
}

std::optional<Family> common_family(std::span<const Membership> memberships) {
  if (memberships.empty()) return std::nullopt;
  const Family first = memberships.front().group.family();
  const bool all = std::ranges::all_of(
      memberships, [first](const Membership& each) { return each.group.family() == first; });
  return all ? std::optional{first} : std::nullopt;
}

std::string describe(const Membership& membership) {
  std::string text = fmt::format("joined {}", membership.group.to_string());
  if (membership.interface != 0)
    text += fmt::format(" on {}", interface_name(membership.interface));
  if (membership.source) text += fmt::format(", from {} only", membership.source->to_string());
  return text;
}

}  // namespace volley::cli
