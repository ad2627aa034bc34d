#include <fmt/format.h>

#include <string>
#include <utility>

#include <volley/network.hpp>

#include "cli/flags.hpp"
#include "cli/listeners.hpp"
#include "cli/output.hpp"
#include "cli/parser.hpp"
#include "cli/verbs.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "port",
    .summary = "tell a UDP service's port, a port's service, and who listens here",
    .examples =
        "volley port domain\n"
        "volley port 1060 --listening\n"
        "volley port --listening\n",
    .notes =
        "Names come from this machine's list of services (/etc/services).\n\n"
        "Exit codes: 0 found, 1 no such service, or with --listening nobody on that "
        "port, 2 usage.\n"};

struct PortFlags {
  std::optional<std::string> port;
  bool listening = false;
  OutputFlags output;
};

struct RangeText {
  std::string_view name;
  std::string_view ports;
};

RangeText range_of(std::uint16_t port) {
  switch (port_range(port)) {
    case PortRange::kWellKnown:
      return {"well-known", "0-1023"};
    case PortRange::kRegistered:
      return {"registered", "1024-49151"};
    case PortRange::kDynamic:
      return {"dynamic", "49152-65535"};
  }
  return {"unknown", ""};
}

std::string line_of(const Listener& listener) {
  std::string text = listener.socket.local.to_string();
  if (listener.socket.peer)
    text += fmt::format(" connected to {}", listener.socket.peer->to_string());
  if (!listener.holder) return text + " by a process that you may not see";
  return text + fmt::format(" by {} (process {})", listener.holder->name, listener.holder->pid);
}

JsonObject json_of(const Listener& listener) {
  JsonObject object;
  object.set("address", listener.socket.local.address().to_string())
      .set("port", listener.socket.local.port());
  object.set("peer", listener.socket.peer ? std::optional{listener.socket.peer->to_string()}
                                          : std::nullopt);
  if (listener.holder)
    return object.set("process", listener.holder->name).set("pid", listener.holder->pid);
  return object.set_null("process").set_null("pid");
}

void print_port(std::uint16_t port, JsonObject& object, Output& output) {
  const auto name = service_name(port);
  const RangeText range = range_of(port);
  object.set("name", name).set("port", port).set("protocol", "udp").set("range", range.name);
  object.set("range_ports", range.ports);
  if (output.is_json()) return;
  output.line(fmt::format("{} {}/udp {} ({})", name.value_or("-"), port, range.name, range.ports));
}

ExitCode print_listeners(const std::vector<Listener>& listeners, std::optional<std::uint16_t> port,
                         JsonObject& object, Output& output) {
  object.set_null("listening");
  for (const Listener& listener : listeners) {
    if (output.is_json()) {
      object.append("listening", json_of(listener));
    } else {
      output.line(line_of(listener));
    }
  }
  if (!port || !listeners.empty()) return ExitCode::kDone;
  output.say(fmt::format("nobody here has UDP port {}", *port));
  return ExitCode::kNoAnswer;
}

int look_up(const PortFlags& flags, Output& output) {
  std::optional<std::uint16_t> port;
  JsonObject object;
  if (flags.port) {
    const auto found = service_port(*flags.port);
    if (!found && found.error().code == ErrorCode::kNotFound) {
      output.error(found.error().message);
      if (output.is_json()) output.json(JsonObject{}.set("error", found.error().message));
      return output.finish(ExitCode::kNoAnswer);
    }
    if (!found) return output.fail(found.error());
    port = *found;
    print_port(*port, object, output);
  }
  ExitCode code = ExitCode::kDone;
  if (flags.listening) {
    const auto listeners = find_listeners(port);
    if (!listeners) return output.fail(listeners.error());
    code = print_listeners(*listeners, port, object, output);
  }
  if (output.is_json()) output.json(object);
  return output.finish(code);
}

}  // namespace

int run_port(Arguments arguments) {
  PortFlags flags;
  Parser parser{kHelp};
  parser.operand("NAME|NUMBER", "a service or a port", flags.port);
  parser.flag("--listening", "which UDP sockets are bound here, to this port or to any",
              flags.listening);
  add_output_flags(parser, flags.output);
  if (const auto code = parser.run(arguments)) return *code;
  if (!flags.port && !flags.listening) {
    return parser.usage_error(
        "which port is missing; say volley port NAME|NUMBER, or volley port --listening");
  }
  Output output{flags.output};
  return look_up(flags, output);
}

}  // namespace volley::cli
