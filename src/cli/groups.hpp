#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/udp_socket.hpp>

#include "cli/flags.hpp"
#include "cli/parser.hpp"

namespace volley::cli {

/// Multicast groups to join, as they were typed.
struct GroupFlags {
  std::vector<std::string> groups;
  std::vector<std::string> sources;
};

void add_group_flags(Parser& parser, GroupFlags& flags);

/// A membership for each group `ADDR[@IFACE]`, or for each source of each group. Without @IFACE the
/// chosen interface counts. Fails with kInvalid, and kNotFound for an interface that is not there.
[[nodiscard]] Result<std::vector<Membership>> read_memberships(const GroupFlags& flags,
                                                               const SocketChoice& choice);

/// Fails with kInvalid if a socket bound there would never hear one of the groups.
[[nodiscard]] Result<void> check_hears(std::span<const Membership> memberships,
                                       std::span<const Endpoint> locals,
                                       const SocketChoice& choice);

/// The family of all of them, if they have one.
std::optional<Family> common_family(std::span<const Membership> memberships);

/// "joined 239.1.2.3 on eth0, from 10.0.0.7 only".
std::string describe(const Membership& membership);

}  // namespace volley::cli
