#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::os {

using Addresses = Result<std::vector<IpAddress>>;

/// Asks the system for a host's addresses, in the order to try them. Blocks for as long as it
/// likes. Fails with kNotFound, kTimedOut (no name server answered) or kSystem.
[[nodiscard]] Addresses look_up(const std::string& host, std::optional<Family> family);

/// Runs `lookup` on a thread of its own and waits for it until `deadline`, then abandons it:
/// nothing can stop getaddrinfo, so its thread lives until libc gives up, and nobody hears the
/// answer. Fails as `lookup` does, and with kTimedOut, naming `host`.
[[nodiscard]] Addresses look_up_until(Instant deadline, const std::string& host,
                                      std::move_only_function<Addresses()> lookup);

/// What getaddrinfo's answer means.
Error lookup_error(const std::string& host, int answer, int number);

}  // namespace volley::os
