#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <volley/clock.hpp>

#include "cli/control.hpp"
#include "cli/sender.hpp"
#include "cli/units.hpp"
#include "cli/verbs.hpp"
#include "os/files.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "send",
    .summary = "send datagrams one way: to a host, a broadcast address or a multicast group",
    .examples =
        "volley send 127.0.0.1 'This is a message'\n"
        "volley send --broadcast 192.168.1.255 'Broadcast datagram!'\n"
        "volley send -i eth0 --ttl 4 239.1.2.3:5000 'to the group'\n"
        "tail -f app.log | volley send --lines --rate 100/s logs.example:514\n",
    .notes =
        "Nothing tells whether a datagram arrived. A refusal that comes back in time is "
        "reported.\n\n"
        "Exit codes: 0 sent, 1 not all was sent in time, 2 usage, 3 local error, 4 refused.\n"};

constexpr Duration kResolveTime = std::chrono::seconds{30};
constexpr std::size_t kMostLine = kMaxPayload * 4;  // Hex with blanks.

void declare(Parser& parser, SendFlags& flags) {
  parser.operand("HOST[:PORT]", "where to; port 1060 if left out", flags.host);
  parser.operand("[BODY]",
                 "what to send; without it --file, or standard input if that is no terminal",
                 flags.body.argument);
  parser.flag("--broadcast", "permit a broadcast address (SO_BROADCAST)", flags.broadcast);
  parser.whole("--ttl", "N",
               "routers it may cross, plus one: TTL or hop limit (multicast starts at 1)",
               flags.ttl, 0, 255);
  parser.choice("--loop", "to a group: members on this machine hear it too", flags.loop);
  parser.option("--rate", "RATE", "at most so many datagrams a second: 10k/s", flags.rate,
                &parse_rate);
  parser.whole("--count", "N", "send it N times (default 1)", flags.count, 1, UINT64_MAX);
  parser.flag("--lines", "each line of standard input is a datagram, as it comes", flags.lines);
  parser.flag("--dont-fragment", "fail rather than send in fragments (DF)", flags.dont_fragment);
  add_body_flags(parser, flags.body);
  add_socket_flags(parser, flags.socket, "stop after so long");
  add_source_flag(parser, flags.socket);
  add_output_flags(parser, flags.output);
}

std::optional<std::string> contradiction(const SendFlags& flags) {
  if (!flags.host) return "where to is missing; say volley send HOST[:PORT] [BODY]";
  if (const auto checked = check_body_flags(flags.body); !checked) return checked.error().message;
  if (flags.lines && (flags.body.argument || flags.count)) {
    return "--lines takes its datagrams from standard input; drop BODY and --count";
  }
  if (flags.lines && flags.body.file.value_or("-") != "-") {
    return fmt::format("--lines reads standard input; say volley send --lines HOST < {}",
                       *flags.body.file);
  }
  return std::nullopt;
}

/// One run of the verb.
class Sending {
 public:
  Sending(const SendFlags& flags, Output& output)
      : flags_{flags}, output_{output}, sender_{flags, output} {}

  int run(std::optional<Instant> end) {
    std::vector<std::byte> body;
    if (!flags_.lines) {
      auto read = read_body(flags_.body);
      if (!read) return output_.fail(read.error());
      body = std::move(*read);
    }
    const Instant deadline = end.value_or(now() + kResolveTime);
    const auto choice = read_choice(flags_.socket, deadline);
    if (!choice) return output_.fail(choice.error());
    const auto targets = resolve_targets(*flags_.host, *choice, deadline);
    if (!targets) return output_.fail(targets.error());
    if (const auto opened = sender_.open(*targets, *choice); !opened) {
      return output_.fail(opened.error());
    }
    auto done = flags_.lines ? send_lines(end) : send_repeatedly(body, end);
    if (done) sender_.note_late_refusal();
    if (done && sender_.refused().value_or(0) > 0) {
      done =
          std::unexpected(Error{.code = ErrorCode::kRefused,
                                .message = fmt::format("{} refused: nothing listens on that port",
                                                       sender_.target().to_string())});
    }
    return finish(done);
  }

  /// Ends the process, with what was sent so far. On the watcher's thread, while run() may be
  /// anywhere.
  [[noreturn]] void interrupt() {
    const std::string_view reason = "interrupted";
    report(reason);
    if (output_.is_json()) output_.json(counted().set("error", reason));
    std::_Exit(output_.finish(ExitCode::kNoAnswer));
  }

  /// What was sent so far, on any thread.
  void report(std::string_view state) {
    output_.tell(fmt::format("{}: sent {}, {}", state, format_count(sender_.sent(), "datagram"),
                             format_count(sender_.bytes(), "byte")));
  }

 private:
  Result<void> send_repeatedly(Bytes body, std::optional<Instant> end) {
    const std::uint64_t count = flags_.count.value_or(1);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (auto done = sender_.send(body, end); !done) return done;
    }
    return {};
  }

  Result<void> send_lines(std::optional<Instant> end) {
    os::LineReader lines{kMostLine};
    for (std::uint64_t number = 1;; ++number) {
      auto line = lines.next();
      if (!line) return std::unexpected(as_usage(line.error()));
      if (!*line) return {};
      const auto body = to_body(**line, flags_.body);
      if (!body) {
        return std::unexpected(
            Error{.code = ErrorCode::kInvalid,
                  .message = fmt::format("line {}: {}", number, body.error().message)});
      }
      if (auto done = sender_.send(*body, end); !done) return done;
    }
  }

  static Error as_usage(Error error) {
    if (error.code == ErrorCode::kTooLarge) error.code = ErrorCode::kInvalid;
    return error;
  }

  JsonObject counted() const {
    return JsonObject{}.set("sent", sender_.sent()).set("bytes", sender_.bytes());
  }

  int finish(const Result<void>& done) {
    if (!done) output_.error(done.error().message);
    if (output_.is_json()) {
      output_.json(counted()
                       .set("refused", sender_.refused())
                       .set("peer", sender_.target().to_string())
                       .set("error", done ? std::nullopt
                                          : std::optional{std::string_view{done.error().message}}));
    } else if (output_.is_verbose()) {
      report(sender_.target().to_string());
    }
    return output_.finish(done ? ExitCode::kDone : exit_code_for(done.error().code));
  }

  const SendFlags& flags_;
  Output& output_;
  Sender sender_;
};

}  // namespace

int run_send(Arguments arguments) {
  SendFlags flags;
  Parser parser{kHelp};
  declare(parser, flags);
  if (const auto code = parser.run(arguments)) return *code;
  if (const auto message = contradiction(flags)) return parser.usage_error(*message);

  Output output{flags.output};
  Sending sending{flags, output};
  Control control{[&sending] { sending.interrupt(); }};
  control.set_report([&sending] { sending.report("so far"); });
  const auto watcher = control.watch();
  if (!watcher) return output.fail(watcher.error());
  std::optional<Instant> end;
  if (flags.socket.timeout) end = now() + *flags.socket.timeout;
  return sending.run(end);
}

}  // namespace volley::cli
