#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/clock.hpp>
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
  Instant begun = now();  ///< When the command began, and the clock of --timeout.

  std::optional<Instant> deadline() const {
    return timeout ? std::optional{begun + *timeout} : std::nullopt;
  }
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
  std::string device;                      ///< Empty: any.
  std::uint32_t interface = 0;             ///< Its index; 0: any.
  std::vector<Endpoint> sources;           ///< The addresses of --source; empty: any.
  std::optional<Instant> resolve_until{};  ///< When names must be found.

  /// Where datagrams to a target leave from: the source of its family, if one was chosen.
  std::optional<Endpoint> source_for(const Endpoint& target) const;
};

/// Fails with kInvalid when flags contradict each other or an option must be set otherwise,
/// kNotFound for an interface that is not there.
[[nodiscard]] Result<SocketChoice> read_choice(const SocketFlags& flags);

/// The endpoints of `HOST[:PORT]` in the order to try them, all of the chosen family and, where
/// their scope was left open, on the chosen interface.
[[nodiscard]] Result<std::vector<Endpoint>> resolve_targets(std::string_view host,
                                                            const SocketChoice& choice,
                                                            std::uint16_t default_port = 1060);

/// A name that was not found in time is this machine's failure, except for a request, where it is
/// one more way to get no answer.
Error as_local(Error error);

/// Where a verb's datagrams go, and by which socket.
struct Route {
  SocketChoice choice;
  std::vector<Endpoint> targets;
};
[[nodiscard]] Result<Route> find_route(std::string_view host, const SocketFlags& flags);

/// A socket for datagrams to `target`, bound where the choice says.
[[nodiscard]] Result<UdpSocket> open_socket(const Endpoint& target, const SocketChoice& choice,
                                            const std::string& device);

/// Tries the endpoints of a name in turn: `attempt` says how one went. Gives what the first came to
/// that was neither refused, unreachable nor impossible on this machine, or else the last.
template <class Attempt>
auto first_of(std::span<const Endpoint> endpoints, Output& output, Attempt attempt) {
  const auto may_go_on = [](ErrorCode code) {
    return code == ErrorCode::kRefused || code == ErrorCode::kUnreachable ||
           code == ErrorCode::kAddressNotLocal || code == ErrorCode::kUnsupported;
  };
  for (std::size_t i = 0;; ++i) {
    auto result = attempt(endpoints[i]);
    if (result || i + 1 == endpoints.size() || !may_go_on(result.error().code)) return result;
    output.detail(result.error().message + "; trying the next address");
  }
}

/// Sets and prints what --option asked for, on every socket of a verb; prints for the first one
/// only.
std::function<Result<void>(UdpSocket&)> option_setter(const SocketFlags& flags, Output& output);

}  // namespace volley::cli
