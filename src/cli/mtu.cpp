#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <volley/clock.hpp>

#include "cli/control.hpp"
#include "cli/flags.hpp"
#include "cli/kernel_mtu.hpp"
#include "cli/units.hpp"
#include "cli/verbs.hpp"
#include "os/poller.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "mtu",
    .summary = "find the path MTU to a host: the largest packet that gets there whole",
    .examples =
        "volley mtu --kernel 192.0.2.7\n"
        "volley mtu --kernel --json --timeout 5s '[2001:db8::1]:1060'\n"
        "volley mtu --kernel --min 1400 vpn.example && echo wide enough\n",
    .notes =
        "--kernel sends datagrams that must not be fragmented, the largest first, and reads what "
        "the kernel\n"
        "has learned (IP_MTU). What it learns comes in ICMP messages: routers may not send them, "
        "firewalls\n"
        "may eat them, and anyone can forge them.\n\n"
        "Exit codes: 0 found, 1 not settled in time or below --min, 2 usage, 3 local error.\n"};

constexpr Duration kTime = std::chrono::seconds{30};

struct MtuFlags {
  std::optional<std::string> host;
  bool kernel = false;
  std::optional<std::uint64_t> min;
  std::optional<std::uint64_t> max;
  SocketFlags socket;
  OutputFlags output;
};

void declare(Parser& parser, MtuFlags& flags) {
  parser.operand("HOST[:PORT]", "where to; port 1060 if left out", flags.host);
  parser.flag("--kernel", "ask the kernel, which believes ICMP", flags.kernel);
  parser.whole("--min", "BYTES", "fail with code 1 if the path MTU is smaller", flags.min, 68,
               65'575);
  parser.whole("--max", "BYTES", "send no packet larger than this", flags.max, 68, 65'575);
  add_socket_flags(parser, flags.socket, "give up after so long (default 30s)");
  add_source_flag(parser, flags.socket);
  add_output_flags(parser, flags.output);
}

std::optional<std::string> contradiction(const MtuFlags& flags) {
  if (!flags.host) return "where to is missing; say volley mtu --kernel HOST[:PORT]";
  if (!flags.kernel) return "the Volley protocol is not in this version yet: use --kernel";
  if (flags.min && flags.max && *flags.max < *flags.min) return "--max is below --min; swap them";
  return std::nullopt;
}

Result<UdpSocket> open(const Endpoint& target, const SocketChoice& choice) {
  const bool v4 = target.family() == Family::kIpv4;
  const Endpoint anywhere{v4 ? IpAddress::any_v4() : IpAddress::any_v6(), 0};
  auto socket = UdpSocket::bind(choice.source.value_or(anywhere), {.device = choice.device});
  if (!socket) return socket;
  if (auto done = socket->connect(target); !done) return std::unexpected(done.error());
  return socket;
}

int print(const MtuFlags& flags, const Endpoint& target, const KernelMtu& found, Output& output) {
  if (output.is_json()) {
    output.json(JsonObject{}
                    .set("mtu", found.mtu)
                    .set("payload", found.payload)
                    .set("peer", target.to_string())
                    .set("method", "kernel")
                    .set("datagrams", found.datagrams)
                    .set("reached", found.reached ? std::optional{true} : std::nullopt));
  } else {
    output.line(fmt::format("path MTU to {}: {} bytes, which leaves {} bytes of payload",
                            target.address().to_string(), found.mtu, found.payload));
  }
  output.say(
      "this is what this machine's kernel believes, from its routes and from ICMP, which can be "
      "lost "
      "and forged");
  if (found.mtu >= flags.min.value_or(0)) return output.finish(ExitCode::kDone);
  output.error(fmt::format("the path MTU to {} is {} bytes, below --min {}",
                           target.address().to_string(), found.mtu, *flags.min));
  return output.finish(ExitCode::kNoAnswer);
}

int find(const MtuFlags& flags, Output& output, Control& control) {
  const Instant deadline = now() + flags.socket.timeout.value_or(kTime);
  const auto choice = read_choice(flags.socket, deadline);
  if (!choice) return output.fail(choice.error());
  const auto targets = resolve_targets(*flags.host, *choice, deadline);
  if (!targets) return output.fail(targets.error());
  auto stop = os::StopFlag::create();
  if (!stop) return output.fail(stop.error());
  control.set_stop([&stop] { stop->raise(); });
  const auto prepare = option_setter(flags.socket, output);

  for (std::size_t i = 0;; ++i) {
    const Endpoint& target = (*targets)[i];
    auto socket = open(target, *choice);
    Result<KernelMtu> found = socket ? Result<KernelMtu>{} : std::unexpected(socket.error());
    if (socket) {
      Result<void> prepared = prepare ? prepare(*socket) : Result<void>{};
      found = prepared ? find_kernel_mtu(*socket, target, {.max = flags.max, .deadline = deadline},
                                         *stop)
                       : std::unexpected(prepared.error());
    }
    const bool next =
        !found && found.error().code == ErrorCode::kUnreachable && i + 1 < targets->size();
    if (next) {
      output.detail(fmt::format("{}; trying the next address", found.error().message));
      continue;
    }
    control.set_stop([] {});
    return found ? print(flags, target, *found, output) : output.fail(found.error());
  }
}

}  // namespace

int run_mtu(Arguments arguments) {
  MtuFlags flags;
  Parser parser{kHelp};
  declare(parser, flags);
  if (const auto code = parser.run(arguments)) return *code;
  if (const auto message = contradiction(flags)) return parser.usage_error(*message);

  Output output{flags.output};
  Control control{[&output] {
    std::_Exit(output.fail(
        {.code = ErrorCode::kStopped, .message = "interrupted before anything was sent"}));
  }};
  const auto watcher = control.watch();
  if (!watcher) return output.fail(watcher.error());
  return find(flags, output, control);
}

}  // namespace volley::cli
