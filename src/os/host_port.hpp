#pragma once

#include <string_view>

#include <volley/endpoint.hpp>

namespace volley::os {

/// `HOST[:PORT]` taken apart, borrowed from the text.
struct HostPort {
  std::string_view host;
  std::string_view port;  ///< Empty: none was given.
};

/// Takes `host`, `host:port`, `[v6]`, `[v6]:port` and a bare `v6` apart. Fails with kInvalid.
[[nodiscard]] Result<HostPort> split_host_port(std::string_view text);

/// Whether this can only be meant as numeric, well formed or not: "1.2.3", "127.1", "0x7f000001",
/// "::1". Libc takes the first three for addresses too, in a way that surprises (127.1 is
/// 127.0.0.1).
bool looks_numeric(std::string_view host);

/// Reads a numeric address, whose scope may be an interface's name: `fe80::1%eth0`. Fails with
/// kInvalid, and kNotFound for a scope that is no interface.
[[nodiscard]] Result<IpAddress> parse_numeric_host(std::string_view host);

/// Whether a name could be a host's: RFC 1123 §2.1, and the underscore that people use. Fails with
/// kInvalid.
[[nodiscard]] Result<void> check_host_name(std::string_view host);

}  // namespace volley::os
