#include <fmt/chrono.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <volley/clock.hpp>
#include <volley/network.hpp>
#include <volley/udp_socket.hpp>

#include "cli/binding.hpp"
#include "cli/body.hpp"
#include "cli/escape.hpp"
#include "cli/groups.hpp"
#include "cli/json.hpp"
#include "cli/units.hpp"
#include "cli/verb.hpp"
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

using std::chrono::floor;
using std::chrono::seconds;

std::int64_t fraction(WallTime time, Duration unit) {
  return (time - floor<seconds>(time)) / unit;
}

std::string local_time(WallTime time) {
  return fmt::format("{:%H:%M:%S}.{:06}",
                     fmt::localtime(std::chrono::system_clock::to_time_t(floor<seconds>(time))),
                     fraction(time, std::chrono::microseconds{1}));
}

/// RFC 3339, in UTC.
std::string universal_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(floor<seconds>(time))),
                     fraction(time, std::chrono::nanoseconds{1}));
}

/// Prints datagrams as they arrive, a line each, and says what the kernel dropped.
class ArrivalPrinter {
 public:
  ArrivalPrinter(Output& output, const BodyFlags& format) : output_{output}, format_{format} {}

  void print(const Datagram& datagram, const Arrival& arrival) {
    ++printed_;  // First: whoever sees the line and asks for a report shall find it counted.
    const bool dropped_more = arrival.dropped.value_or(0) > dropped_;
    if (dropped_more) dropped_ = *arrival.dropped;
    output_.is_json() ? output_.json(json(datagram, arrival))
                      : output_.line(line(datagram, arrival));
    if (arrival.truncated) {
      output_.say(fmt::format("a datagram of {} was too long: only its beginning is shown",
                              datagram.peer.to_string()));
    }
    if (dropped_more) {
      output_.say(fmt::format(
          "at least {} dropped by the kernel: this socket's queue was full; raise it with "
          "--option SO_RCVBUF=4194304",
          format_whole(dropped_)));
    }
  }

  std::uint64_t printed() const { return printed_; }

  /// How much came so far. Any thread.
  void report() {
    if (output_.is_json()) {
      return output_.json({{"event", "stats"},
                           {"final", false},
                           {"datagrams", printed_.load()},
                           {"dropped", dropped_.load()}});
    }
    output_.tell(fmt::format("{} so far, at least {} dropped by the kernel",
                             format_count(printed_, "datagram"), format_whole(dropped_)));
  }

 private:
  const std::string& name_of(std::uint32_t interface) {
    const auto [entry, added] = names_.try_emplace(interface);
    if (added) entry->second = interface_name(interface);
    return entry->second;
  }

  std::string line(const Datagram& datagram, const Arrival& arrival) {
    return fmt::format("{} {} {} ttl {} {} {}", arrival.time ? local_time(*arrival.time) : "-",
                       datagram.peer.to_string(),
                       arrival.interface ? name_of(*arrival.interface) : "-",
                       arrival.ttl ? fmt::to_string(*arrival.ttl) : "-",
                       format_count(datagram.payload.size(), "byte"),
                       format_.hex ? to_hex(datagram.payload) : quote(as_text(datagram.payload)));
  }

  Json json(const Datagram& datagram, const Arrival& arrival) {
    const auto& [time, interface, group, ttl, dropped, truncated] = arrival;
    Json object{{"event", "datagram"},
                {"time", time.transform(universal_time)},
                {"peer", datagram.peer.to_string()},
                {"local", datagram.local.to_string()},
                {"group", group.transform(&IpAddress::to_string)},
                {"interface", interface.transform([this](auto index) { return name_of(index); })},
                {"ttl", ttl},
                {"length", datagram.payload.size()}};
    set_body(object, datagram.payload, format_);
    object["truncated"] = truncated;
    object["dropped"] = dropped_.load();
    return object;
  }

  Output& output_;
  const BodyFlags& format_;
  std::map<std::uint32_t, std::string> names_;  // Of the interfaces met so far.
  std::atomic<std::uint64_t> printed_ = 0;
  std::atomic<std::uint32_t> dropped_ = 0;
};

class Listen final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand(
        "[[ADDR:]PORT]",
        "where to listen (default *:1060, everyone); port 0 takes any and says which, but "
        "not with -q",
        address_);
    add_group_flags(parser, groups_);
    parser.whole("--count", "N", "end after N datagrams", count_, 1, UINT64_MAX);
    parser.flag("--reuse", "share the port with other listeners of a broadcast or group", reuse_);
    add_format_flags(parser, format_);
    add_socket_flags(parser, socket, "end after so long (default: never)");
  }

  Result<void> check() override { return check_body_flags(format_); }

  int interrupted(Output& output) const override { return output.finish(ExitCode::kDone); }

  int run(Output& output, Control& control) override {
    auto choice = read_choice(socket);
    if (!choice) return output.fail(choice.error());
    auto bound = open(*choice, output);
    if (!bound) return output.fail(bound.error());
    const auto local = bound->local();
    if (!local) return output.fail(local.error());
    auto stop = os::StopFlag::create();
    if (!stop) return output.fail(stop.error());
    ArrivalPrinter printer{output, format_};
    const Control::Running running{
        control, {.stop = [&] { stop->raise(); }, .report = [&] { printer.report(); }}};
    announce(output, *local, *choice);
    const auto done = receive_all(*bound, *stop, printer, output);
    return done ? output.finish(ExitCode::kDone) : output.fail(done.error());
  }

 private:
  Result<UdpSocket> open(SocketChoice& choice, Output& output) {
    const auto memberships = read_memberships(groups_, choice);
    if (!memberships) return std::unexpected(memberships.error());
    auto endpoints = resolve_binding(address_, DefaultBinding::kEveryone, choice);
    if (!endpoints) return std::unexpected(endpoints.error());
    if (auto hears = check_hears(*memberships, *endpoints, choice); !hears)
      return std::unexpected(hears.error());
    const auto family = common_family(*memberships);
    if (family && is_dual_stack(endpoints->front(), choice)) {
      choice.family = family;
      *endpoints = {{IpAddress::any(*family), endpoints->front().port()}};
    }
    auto bound = first_of(*endpoints, output, [&](const Endpoint& endpoint) {
      return UdpSocket::bind(endpoint, {.device = choice.device,
                                        .dual_stack = choice.family != Family::kIpv6,
                                        .reuse_address = reuse_});
    });
    if (!bound) {
      return std::unexpected(explain_in_use(
          bound.error(), *endpoints,
          reuse_ ? "" : ", and --reuse shares it with listeners that have --reuse too"));
    }
    auto done = set_up(*bound, *memberships, output);
    return done ? std::move(bound) : std::unexpected(done.error());
  }

  Result<void> set_up(UdpSocket& bound, const std::vector<Membership>& memberships,
                      Output& output) const {
    if (auto done =
            bound.set_detail({.time = true, .interface = true, .ttl = true, .dropped = true});
        !done) {
      return done;
    }
    if (const auto prepare = option_setter(socket, output)) {
      if (auto done = prepare(bound); !done) return done;
    }
    for (const Membership& membership : memberships) {
      if (auto done = bound.join(membership); !done) return done;
      output.detail(describe(membership));
    }
    return {};
  }

  Result<void> receive_all(UdpSocket& bound, const os::StopFlag& stop, ArrivalPrinter& printer,
                           const Output& output) const {
    const auto end = socket.deadline();
    ReceiveBatch batch;
    while (!stop.raised() && !output.broken()) {
      if (auto done = bound.receive(batch); !done) return done;
      for (std::size_t i = 0; i < batch.datagrams().size(); ++i) {
        printer.print(batch.datagrams()[i], batch.arrivals()[i]);
        if (printer.printed() == count_) return {};
      }
      if (end && now() >= *end) return time_is_over(printer.printed());
      if (!batch.datagrams().empty()) continue;
      const auto woken = os::wait_readable({bound.native_handle(), stop.descriptor()}, end);
      if (!woken) return std::unexpected(woken.error());
    }
    return {};
  }

  Result<void> time_is_over(std::uint64_t printed) const {
    if (!count_) return {};
    return failure(ErrorCode::kTimedOut,
                   fmt::format("only {} of {} came in time; give a longer --timeout",
                               format_whole(printed), format_count(*count_, "datagram")));
  }

  std::optional<std::string> address_;
  GroupFlags groups_;
  std::optional<std::uint64_t> count_;
  bool reuse_ = false;
  BodyFlags format_;
};

}  // namespace

std::unique_ptr<Verb> make_listen() {
  return std::make_unique<Listen>();
}

}  // namespace volley::cli
