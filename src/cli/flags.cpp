#include "cli/flags.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <utility>

#include "cli/units.hpp"

namespace volley::cli {

namespace {

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalid, .message = std::move(message)});
}

std::string_view family_name(Family family) {
  return family == Family::kIpv4 ? "IPv4" : "IPv6";
}

/// A name or value that no system would take is a mistake in the command line.
Error as_usage(Error error) {
  const bool ours = error.code == ErrorCode::kUnsupported && error.system_error == 0;
  if (ours || error.code == ErrorCode::kNotFound) error.code = ErrorCode::kInvalid;
  return error;
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

Result<SocketChoice> read_choice(const SocketFlags& flags, std::optional<Instant> deadline) {
  if (flags.ipv4 && flags.ipv6) return invalid("-4 and -6 contradict each other; drop one of them");
  SocketChoice choice;
  if (flags.ipv4) choice.family = Family::kIpv4;
  if (flags.ipv6) choice.family = Family::kIpv6;
  if (flags.interface) {
    const auto index = interface_index(*flags.interface);
    if (!index) return std::unexpected(index.error());
    choice.interface = *index;
    choice.device = interface_name(*index);
  }
  if (!flags.source) return choice;
  const auto sources = resolve_targets(*flags.source, choice, deadline, 0);
  if (!sources) return std::unexpected(sources.error());
  choice.source = sources->front();
  choice.family = choice.source->family();
  return choice;
}

Result<std::vector<Endpoint>> resolve_targets(std::string_view host, const SocketChoice& choice,
                                              std::optional<Instant> deadline,
                                              std::uint16_t default_port) {
  auto targets =
      resolve(host, {.default_port = default_port, .family = choice.family, .deadline = deadline});
  if (!targets) {
    if (choice.source && targets.error().code == ErrorCode::kInvalid) {
      return invalid(fmt::format("{} (--source {} is {})", targets.error().message,
                                 choice.source->to_string(), family_name(choice.source->family())));
    }
    return targets;
  }
  for (Endpoint& target : *targets) {
    if (choice.interface == 0 || !needs_scope(target.address())) continue;
    target = {target.address().with_scope(choice.interface), target.port()};
  }
  return targets;
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
