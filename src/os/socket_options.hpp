#pragma once

#include <string_view>

#include <volley/error.hpp>
#include <volley/udp_socket.hpp>

namespace volley::os {

/// Sets an option given as `NAME=VALUE` or `LEVEL:NUMBER=INT`; UdpSocket::set_option tells the
/// errors.
[[nodiscard]] Result<void> set_socket_option(int fd, std::string_view name_and_value);

/// Reads an option by its system name or `LEVEL:NUMBER`.
[[nodiscard]] Result<OptionValue> get_socket_option(int fd, std::string_view name);

}  // namespace volley::os
