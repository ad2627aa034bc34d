#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "cli/arrivals.hpp"
#include "cli/binding.hpp"
#include "cli/body.hpp"
#include "cli/control.hpp"
#include "cli/flags.hpp"
#include "cli/groups.hpp"
#include "cli/units.hpp"
#include "cli/verbs.hpp"
#include "os/poller.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "listen",
    .summary = "print every datagram that arrives",
    .examples =
        "volley listen                          # everyone, port 1060\n"
        "volley listen --reuse 5353 --group 224.0.0.251@eth0\n"
        "volley listen --group 232.1.1.1@eth0 --from 10.0.0.7 5000\n"
        "volley listen --json --count 10 127.0.0.1:9999\n",
    .notes =
        "A line a datagram: local time, sender, interface, TTL, length, text. SIGINT and SIGTERM "
        "end it with\n"
        "code 0; with --timeout before --count datagrams came the code is 1.\n"};

constexpr Duration kResolveTime = std::chrono::seconds{30};

struct ListenFlags {
  std::optional<std::string> address;
  GroupFlags groups;
  std::optional<std::uint64_t> count;
  bool reuse = false;
  BodyFlags format;
  SocketFlags socket;
  OutputFlags output;
};

void declare(Parser& parser, ListenFlags& flags) {
  parser.operand("[[ADDR:]PORT]",
                 "where to listen (default *:1060, everyone); port 0 prints the one chosen",
                 flags.address);
  add_group_flags(parser, flags.groups);
  parser.whole("--count", "N", "end after N datagrams", flags.count, 1, UINT64_MAX);
  parser.flag("--reuse", "share the port with other listeners of a broadcast or group",
              flags.reuse);
  add_format_flags(parser, flags.format);
  add_socket_flags(parser, flags.socket, "end after so long");
  add_output_flags(parser, flags.output);
}

/// Takes the first of the endpoints that this machine has.
Result<UdpSocket> bind_first(const std::vector<Endpoint>& endpoints, const BindOptions& options) {
  for (std::size_t i = 0;; ++i) {
    auto socket = UdpSocket::bind(endpoints[i], options);
    if (socket || i + 1 == endpoints.size()) return socket;
    const ErrorCode code = socket.error().code;
    if (code != ErrorCode::kAddressNotLocal && code != ErrorCode::kUnsupported) return socket;
  }
}

/// One run of the verb.
class Listening {
 public:
  Listening(const ListenFlags& flags, Output& output, Control& control)
      : flags_{flags}, output_{output}, control_{control}, printer_{output, flags.format} {}

  int run(std::optional<Instant> end) {
    auto socket = open(end.value_or(now() + kResolveTime));
    if (!socket) return output_.fail(socket.error());
    auto stop = os::StopFlag::create();
    if (!stop) return output_.fail(stop.error());
    control_.set_report([this] { printer_.report(); });
    control_.set_stop([&stop] { stop->raise(); });
    const auto done = receive_until(*socket, *stop, end);
    control_.set_stop([] {});
    control_.set_report([] {});
    return done ? output_.finish(ExitCode::kDone) : output_.fail(done.error());
  }

 private:
  Result<UdpSocket> open(Instant deadline) {
    auto choice = read_choice(flags_.socket, deadline);
    if (!choice) return std::unexpected(choice.error());
    const auto memberships = read_memberships(flags_.groups, *choice);
    if (!memberships) return std::unexpected(memberships.error());
    if (!choice->family) choice->family = common_family(*memberships);
    const auto endpoints =
        resolve_binding(flags_.address, DefaultBinding::kEveryone, *choice, deadline);
    if (!endpoints) return std::unexpected(endpoints.error());
    auto socket = bind_first(*endpoints, {.device = choice->device,
                                          .dual_stack = choice->family != Family::kIpv6,
                                          .reuse_address = flags_.reuse});
    if (!socket) return socket;
    if (auto done = set_up(*socket, *memberships); !done) return std::unexpected(done.error());
    const auto local = socket->local();
    if (!local) return std::unexpected(local.error());
    output_.say(listening_line(*local, *choice));
    return socket;
  }

  Result<void> set_up(UdpSocket& socket, const std::vector<Membership>& memberships) {
    if (auto done =
            socket.set_detail({.time = true, .interface = true, .ttl = true, .dropped = true});
        !done) {
      return done;
    }
    if (const auto prepare = option_setter(flags_.socket, output_)) {
      if (auto done = prepare(socket); !done) return done;
    }
    for (const Membership& membership : memberships) {
      if (auto done = socket.join(membership); !done) return done;
      output_.detail(describe(membership));
    }
    return {};
  }

  Result<void> receive_until(UdpSocket& socket, const os::StopFlag& stop,
                             std::optional<Instant> end) {
    ReceiveBatch batch;
    while (!stop.raised() && !output_.broken()) {
      if (auto done = socket.receive(batch); !done) return done;
      for (std::size_t i = 0; i < batch.datagrams().size(); ++i) {
        printer_.print(batch.datagrams()[i], batch.arrivals()[i]);
        if (printer_.printed() == flags_.count) return {};
      }
      if (end && now() >= *end) return time_is_over();
      if (!batch.datagrams().empty()) continue;
      const auto woken = os::wait_readable({socket.native_handle(), stop.descriptor()}, end);
      if (!woken) return std::unexpected(woken.error());
    }
    return {};
  }

  Result<void> time_is_over() const {
    if (!flags_.count) return {};
    return std::unexpected(
        Error{.code = ErrorCode::kTimedOut,
              .message = fmt::format("only {} of {} came in time; give a longer --timeout",
                                     format_whole(printer_.printed()),
                                     format_count(*flags_.count, "datagram"))});
  }

  const ListenFlags& flags_;
  Output& output_;
  Control& control_;
  ArrivalPrinter printer_;
};

}  // namespace

int run_listen(Arguments arguments) {
  ListenFlags flags;
  Parser parser{kHelp};
  declare(parser, flags);
  if (const auto code = parser.run(arguments)) return *code;
  if (const auto checked = check_body_flags(flags.format); !checked) {
    return parser.usage_error(checked.error().message);
  }

  Output output{flags.output};
  Control control{[] { std::_Exit(static_cast<int>(ExitCode::kDone)); }};
  const auto watcher = control.watch();
  if (!watcher) return output.fail(watcher.error());
  std::optional<Instant> end;
  if (flags.socket.timeout) end = now() + *flags.socket.timeout;
  return Listening{flags, output, control}.run(end);
}

}  // namespace volley::cli
