#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/network.hpp>
#include <volley/time.hpp>

#include "cli/flags.hpp"

namespace volley::cli {

/// Where `[[ADDR:]PORT]` binds when ADDR is left out.
enum class DefaultBinding : std::uint8_t { kLoopback, kEveryone };

/// The endpoints of `[[ADDR:]PORT]`, in the order to try them: of a name's addresses IPv4 first, as
/// most clients try that; everyone is `::` and, where there is no IPv6, 0.0.0.0. A word that could
/// be a port is one.
[[nodiscard]] Result<std::vector<Endpoint>> resolve_binding(const std::optional<std::string>& text,
                                                            DefaultBinding otherwise,
                                                            const SocketChoice& choice);

/// Whether a socket on this endpoint takes IPv4 and IPv6.
bool is_dual_stack(const Endpoint& local, const SocketChoice& choice);

/// "127.0.0.1:1060", or "*:1060" for everyone in both families.
std::string binding_text(const Endpoint& local, const SocketChoice& choice);

/// Who can reach a socket bound so: "loopback only: other machines cannot reach it", "this address
/// only: interface eth0", "interface eth0 only", or "everyone who can reach this machine".
std::string reach_of(const Endpoint& local, const SocketChoice& choice,
                     std::span<const Interface> interfaces);

/// Says where a verb listens and what that means, in JSON too.
void announce(Output& output, const Endpoint& local, const SocketChoice& choice);

/// Names who may hold an address that is taken.
Error explain_in_use(Error error, const std::vector<Endpoint>& endpoints, std::string_view also);

}  // namespace volley::cli
