#include "cli/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "cli/units.hpp"

namespace volley::cli {

namespace {

constexpr Duration kResolveTime = std::chrono::seconds{30};

std::string_view family_name(Family family) {
  return family == Family::kIpv4 ? "IPv4" : "IPv6";
}

/// A name or value that no system would take is a mistake in the command line.
Error as_usage(Error error) {
  const bool ours = error.code == ErrorCode::kUnsupported && error.system_error == 0;
  if (ours || error.code == ErrorCode::kNotFound) error.code = ErrorCode::kInvalid;
  return error;
}

/// Options that count when a socket is bound, which is over when --option is carried out.
struct TooLate {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array<TooLate, 5> kTooLate{
    {{"SO_REUSEADDR", "listen --reuse shares a port"},
     {"SO_REUSEPORT", "serve --workers and listen --reuse share a port"},
     {"IP_FREEBIND", "listen on *, which takes addresses that come later"},
     {"IPV6_FREEBIND", "listen on *, which takes addresses that come later"},
     {"IPV6_V6ONLY", "say -6"}}};

Result<void> check_options(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) continue;
    const auto late = std::ranges::find(kTooLate, option.substr(0, equals), &TooLate::name);
    if (late != kTooLate.end()) {
      return invalid(
          fmt::format("--option {} cannot be set: it counts before a socket is bound; {}",
                      late->name, late->instead));
    }
  }
  return {};
}

/// What all the endpoints have in common.
std::optional<Family> family_of(const std::vector<Endpoint>& endpoints) {
  const Family first = endpoints.front().family();
  const bool all = std::ranges::all_of(
      endpoints, [first](const Endpoint& endpoint) { return endpoint.family() == first; });
  return all ? std::optional{first} : std::nullopt;
}

bool needs_scope(const IpAddress& address) {
  if (address.family() != Family::kIpv6 || address.scope() != 0) return false;
  return address.kind() == AddressKind::kLinkLocal || address.is_multicast();
}

}  // namespace

void add_output_flags(Parser& parser, OutputFlags& flags) {
  parser.section("Output");
  parser.flag("--json", "one JSON object, or one a line for streams; on failure too", flags.json);
  parser.flag("-q,--quiet", "no words on standard error but errors", flags.quiet);
  parser.flag("-v,--verbose", "say on standard error what happens", flags.verbose);
  parser.flag("--no-color", "no colours on a terminal (nor with NO_COLOR or TERM=dumb)",
              flags.no_color);
}

void add_socket_flags(Parser& parser, SocketFlags& flags, std::string_view timeout_help) {
  parser.section("Socket");
  parser.flag("-4", "IPv4 only", flags.ipv4);
  parser.flag("-6", "IPv6 only", flags.ipv6);
  parser.option("-i,--interface", "NAME", "by this network interface only", flags.interface);
  parser.option("--timeout", "DURATION", timeout_help, flags.timeout, &parse_positive_duration);
  parser.options(
      "--option", "NAME[=VALUE]",
      "set a socket option by its system name (SO_RCVBUF=1048576, IP_TOS=0x10, 17:103=1200), or "
      "print it on standard error; again and again",
      flags.options);
  parser.flag("--raw", "your bytes and nothing else on the wire", flags.raw);
}

void add_source_flag(Parser& parser, SocketFlags& flags) {
  parser.option("--source", "ADDR[:PORT]", "send from this address and port of this machine",
                flags.source);
}

Result<SocketChoice> read_choice(const SocketFlags& flags) {
  if (flags.ipv4 && flags.ipv6) return invalid("-4 and -6 contradict each other; drop one of them");
  if (auto checked = check_options(flags.options); !checked)
    return std::unexpected(checked.error());
  SocketChoice choice;
  choice.resolve_until = flags.begun + flags.timeout.value_or(kResolveTime);
  if (flags.ipv4) choice.family = Family::kIpv4;
  if (flags.ipv6) choice.family = Family::kIpv6;
  if (flags.interface) {
    const auto index = interface_index(*flags.interface);
    if (!index) return std::unexpected(index.error());
    choice.interface = *index;
    choice.device = interface_name(*index);
  }
  if (!flags.source) return choice;
  auto sources = resolve_targets(*flags.source, choice, 0);
  if (!sources) return std::unexpected(sources.error());
  choice.family = family_of(*sources);
  choice.sources = std::move(*sources);
  return choice;
}

std::optional<Endpoint> SocketChoice::source_for(const Endpoint& target) const {
  const auto source = std::ranges::find(sources, target.family(), &Endpoint::family);
  return source == sources.end() ? std::nullopt : std::optional{*source};
}

Result<std::vector<Endpoint>> resolve_targets(std::string_view host, const SocketChoice& choice,
                                              std::uint16_t default_port) {
  auto targets = resolve(
      host,
      {.default_port = default_port, .family = choice.family, .deadline = choice.resolve_until});
  if (!targets) {
    if (!choice.sources.empty() && targets.error().code == ErrorCode::kInvalid) {
      const Endpoint& source = choice.sources.front();
      return invalid(fmt::format("{} (--source {} is {})", targets.error().message,
                                 source.to_string(), family_name(source.family())));
    }
    return targets;
  }
  for (Endpoint& target : *targets) {
    if (choice.interface == 0 || !needs_scope(target.address())) continue;
    target = {target.address().with_scope(choice.interface), target.port()};
  }
  return targets;
}

Error as_local(Error error) {
  if (error.code == ErrorCode::kTimedOut) error.code = ErrorCode::kSystem;
  return error;
}

Result<Route> find_route(std::string_view host, const SocketFlags& flags) {
  auto choice = read_choice(flags);
  if (!choice) return std::unexpected(choice.error());
  auto targets = resolve_targets(host, *choice);
  if (!targets) return std::unexpected(targets.error());
  return Route{std::move(*choice), std::move(*targets)};
}

Result<UdpSocket> open_socket(const Endpoint& target, const SocketChoice& choice,
                              const std::string& device) {
  const Endpoint anywhere{IpAddress::any(target.family()), 0};
  return UdpSocket::bind(choice.source_for(target).value_or(anywhere), {.device = device});
}

std::function<Result<void>(UdpSocket&)> option_setter(const SocketFlags& flags, Output& output) {
  if (flags.options.empty()) return {};
  // Shared by the copies that std::function makes: several workers prepare their sockets with one
  // setter.
  auto printed = std::make_shared<std::atomic<bool>>(false);
  return [options = flags.options, &output, printed](UdpSocket& socket) -> Result<void> {
    for (const std::string& option : options) {
      if (!option.contains('=')) continue;
      if (auto set = socket.set_option(option); !set) return std::unexpected(as_usage(set.error()));
    }
    const bool print = !printed->exchange(true);
    for (const std::string& option : options) {
      const bool asked = !option.contains('=');
      const auto value = socket.option(std::string_view{option}.substr(0, option.find('=')));
      if (asked && !value) return std::unexpected(as_usage(value.error()));
      if (!print || !value) continue;
      const std::string words = fmt::format("{}={}", value->name, value->value);
      asked ? output.tell(words) : output.detail(words);
    }
    return {};
  };
}

}  // namespace volley::cli
