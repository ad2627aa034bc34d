#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <volley/network.hpp>

#include "cli/json.hpp"
#include "cli/verb.hpp"
#include "os/listeners.hpp"

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

struct RangeText {
  std::string_view name;
  std::string_view ports;
};

RangeText range_of(std::uint16_t port) {
  const PortRange range = port_range(port);
  if (range == PortRange::kWellKnown) return {"well-known", "0-1023"};
  if (range == PortRange::kRegistered) return {"registered", "1024-49151"};
  return {"dynamic", "49152-65535"};
}

std::string line_of(const os::Listener& listener) {
  std::string text = listener.socket.local.to_string();
  if (listener.socket.peer)
    text += fmt::format(" connected to {}", listener.socket.peer->to_string());
  if (!listener.holder) return text + " by a process that you may not see";
  return text + fmt::format(" by {} (process {})", listener.holder->name, listener.holder->pid);
}

Json json_of(const os::Listener& listener) {
  const auto& [socket, holder] = listener;
  return {{"address", socket.local.address().to_string()},
          {"port", socket.local.port()},
          {"peer", socket.peer.transform(&Endpoint::to_string)},
          {"process", holder ? std::optional{holder->name} : std::nullopt},
          {"pid", holder ? std::optional{holder->pid} : std::nullopt}};
}

class Port final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("NAME|NUMBER", "a service or a port", name_);
    parser.flag("--listening", "which UDP sockets are bound here, to this port or to any",
                listening_);
  }

  Result<void> check() override {
    if (name_ || listening_) return {};
    return invalid(
        "which port is missing; say volley port NAME|NUMBER, or volley port --listening");
  }

  int run(Output& output, Control&) override {
    std::optional<std::uint16_t> port;
    if (name_) {
      const auto found = service_port(*name_);
      if (!found && found.error().code == ErrorCode::kNotFound)
        return output.fail(found.error(), ExitCode::kNoAnswer, as_json(found.error()));
      if (!found) return output.fail(found.error());
      port = *found;
    }
    std::optional<std::vector<os::Listener>> listeners;
    if (listening_) {
      auto found = os::find_listeners(port);
      if (!found) return output.fail(found.error());
      listeners = std::move(*found);
    }
    output.is_json() ? print_json(port, listeners, output) : print_text(port, listeners, output);
    if (!port || !listeners || !listeners->empty()) return output.finish(ExitCode::kDone);
    output.say(fmt::format("nobody here has UDP port {}", *port));
    return output.finish(ExitCode::kNoAnswer);
  }

 private:
  using Listeners = std::optional<std::vector<os::Listener>>;

  /// One shape, whatever was asked: null is what was not.
  static void print_json(std::optional<std::uint16_t> port, const Listeners& listeners,
                         Output& output) {
    Json object{{"name", nullptr},  {"port", port},           {"protocol", "udp"},
                {"range", nullptr}, {"range_ports", nullptr}, {"listening", nullptr}};
    if (port) {
      object["name"] = service_name(*port);
      object["range"] = range_of(*port).name;
      object["range_ports"] = range_of(*port).ports;
    }
    if (listeners) object["listening"] = Json::array();
    for (const os::Listener& listener : listeners.value_or(std::vector<os::Listener>{}))
      object["listening"].push_back(json_of(listener));
    output.json(object);
  }

  static void print_text(std::optional<std::uint16_t> port, const Listeners& listeners,
                         Output& output) {
    if (port) {
      const RangeText range = range_of(*port);
      output.line(fmt::format("{} {}/udp {} ({})", service_name(*port).value_or("-"), *port,
                              range.name, range.ports));
    }
    for (const os::Listener& listener : listeners.value_or(std::vector<os::Listener>{}))
      output.line(line_of(listener));
  }

  std::optional<std::string> name_;
  bool listening_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_port() {
  return std::make_unique<Port>();
}

}  // namespace volley::cli
