#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>

namespace volley::os {

/// A UDP socket of this machine, as /proc/net/udp tells of it.
struct BoundSocket {
  Endpoint local;
  std::optional<Endpoint> peer;  ///< If it is connected.
  std::uint64_t inode = 0;
};

/// Reads the text of /proc/net/udp or udp6. Lines that are not understood are left out: kernels add
/// columns.
std::vector<BoundSocket> parse_proc_udp(std::string_view text);

/// A process that holds a socket.
struct Holder {
  std::uint64_t pid = 0;
  std::string name;
};

struct Listener {
  BoundSocket socket;
  std::optional<Holder> holder;  ///< Nothing where we may not look.
};

/// Every UDP socket that is bound on this machine (in this network namespace), or those on one
/// port, by port. Fails where there is no /proc.
[[nodiscard]] Result<std::vector<Listener>> find_listeners(std::optional<std::uint16_t> port);

}  // namespace volley::os
