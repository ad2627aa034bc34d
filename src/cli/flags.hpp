#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/network.hpp>
#include <volley/time.hpp>
#include <volley/udp_socket.hpp>

#include "cli/output.hpp"
#include "cli/parser.hpp"

namespace volley::cli {

/// The flags that every verb which opens a socket understands, as they were typed.
struct SocketFlags {
  bool raw = false;
  bool ipv4 = false;
  bool ipv6 = false;
  std::optional<std::string> interface;
  std::optional<std::string> source;
  std::optional<Duration> timeout;
  std::vector<std::string> options;
};

/// --json -q -v --no-color.
void add_output_flags(Parser& parser, OutputFlags& flags);
/// --raw -4 -6 -i --timeout --option.
void add_socket_flags(Parser& parser, SocketFlags& flags, std::string_view timeout_help);
/// --source, for verbs that choose where their datagrams leave from.
void add_source_flag(Parser& parser, SocketFlags& flags);

/// What the socket flags mean on this machine.
struct SocketChoice {
  std::optional<Family> family;
  std::string device;           ///< Empty: any.
  std::uint32_t interface = 0;  ///< Its index; 0: any.
  std::optional<Endpoint> source;
};

/// Fails with kInvalid when flags contradict each other, kNotFound for an interface that is not
/// there.
[[nodiscard]] Result<SocketChoice> read_choice(const SocketFlags& flags,
                                               std::optional<Instant> deadline);

/// The endpoints of `HOST[:PORT]` in the order to try them, all of the chosen family and, where
/// their scope was left open, on the chosen interface.
[[nodiscard]] Result<std::vector<Endpoint>> resolve_targets(std::string_view host,
                                                            const SocketChoice& choice,
                                                            std::optional<Instant> deadline,
                                                            std::uint16_t default_port = 1060);

/// Sets and prints what --option asked for, on every socket of a verb; prints for the first one
/// only.
std::function<Result<void>(UdpSocket&)> option_setter(const SocketFlags& flags, Output& output);

}  // namespace volley::cli
