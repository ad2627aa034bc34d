#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <volley/clock.hpp>
#include <volley/raw_server.hpp>

#include "cli/binding.hpp"
#include "cli/command_pool.hpp"
#include "cli/control.hpp"
#include "cli/escape.hpp"
#include "cli/flags.hpp"
#include "cli/reply_mode.hpp"
#include "cli/serve_stats.hpp"
#include "cli/units.hpp"
#include "cli/verbs.hpp"
#include "os/entropy.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "serve",
    .summary = "answer any number of UDP clients",
    .examples =
        "volley serve --raw                              # echo on 127.0.0.1:1060\n"
        "volley serve --raw --reply length --drop 50%    # and pretend that half of it is lost\n"
        "volley serve --raw '*:5300' --reply exec:'tr a-z A-Z' --stats\n"
        "volley serve --raw -i eth0 1060 -v\n",
    .notes =
        "Without ADDR it binds 127.0.0.1, which other machines cannot reach; * is everyone. Raw "
        "mode answers\n"
        "whoever asks, at any length, so that a forged sender's address makes it shout at others: "
        "on the\n"
        "open Internet set --max-amplification 1.\n\n"
        "exec: runs /bin/sh -c CMD for each datagram, at most 16 at once and 5 s each; 64 more "
        "wait, others\n"
        "are dropped and counted. SIGUSR1 prints a report; SIGINT and SIGTERM end it with code "
        "0.\n"};

constexpr Duration kResolveTime = std::chrono::seconds{30};

struct ServeFlags {
  std::optional<std::string> address;
  std::optional<ReplyMode> reply;
  std::optional<double> drop;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> workers;
  std::optional<double> max_amplification;
  bool stats = false;
  SocketFlags socket;
  OutputFlags output;
};

void declare(Parser& parser, ServeFlags& flags) {
  parser.operand("[[ADDR:]PORT]",
                 "where to listen (default 127.0.0.1:1060); port 0 prints the one chosen",
                 flags.address);
  parser.option(
      "--reply", "echo|length|text:STR|exec:CMD|discard",
      "what to answer: the same bytes (the default), 'Your data was 5 bytes long', a text, what a "
      "command prints, or nothing",
      flags.reply, &parse_reply_mode);
  parser.option("--drop", "SHARE",
                "ignore this share of what arrives (50% or 0.5): loss, simulated", flags.drop,
                &parse_share);
  parser.whole("--seed", "N", "of that loss: the same seed loses the same, with one worker",
               flags.seed, 0, UINT64_MAX);
  parser.whole("--workers", "N", "threads, each with a socket of its own on the port",
               flags.workers, 1, RawLimits::kWorkers);
  parser.option("--max-amplification", "X", "answer at most X bytes for each byte asked",
                flags.max_amplification, &parse_factor);
  parser.flag("--stats", "print what was counted at the end", flags.stats);
  add_socket_flags(parser, flags.socket, "serve for so long, then end");
  add_output_flags(parser, flags.output);
}

RawServerOptions server_options(const ServeFlags& flags, const SocketChoice& choice,
                                Output& output) {
  RawServerOptions options;
  options.workers = static_cast<unsigned>(flags.workers.value_or(1));
  options.drop = flags.drop.value_or(0);
  options.seed = flags.seed ? *flags.seed : os::random_u64();
  options.max_amplification = flags.max_amplification.value_or(0);
  options.device = choice.device;
  options.dual_stack = choice.family != Family::kIpv6;
  options.prepare = option_setter(flags.socket, output);
  return options;
}

/// Takes the first of the endpoints that this machine has.
Result<RawServer> bind_first(const std::vector<Endpoint>& endpoints,
                             const RawServer::Handler& handler, const RawServerOptions& options) {
  for (std::size_t i = 0;; ++i) {
    auto server = RawServer::bind(endpoints[i], handler, options);
    if (server || i + 1 == endpoints.size()) return server;
    const ErrorCode code = server.error().code;
    if (code != ErrorCode::kAddressNotLocal && code != ErrorCode::kUnsupported) return server;
  }
}

/// One run of the verb.
class Serving {
 public:
  Serving(const ServeFlags& flags, Output& output, Control& control)
      : flags_{flags}, output_{output}, control_{control} {}

  int run(Instant deadline) {
    const auto choice = read_choice(flags_.socket, deadline);
    if (!choice) return output_.fail(choice.error());
    const auto endpoints =
        resolve_binding(flags_.address, DefaultBinding::kLoopback, *choice, deadline);
    if (!endpoints) return output_.fail(endpoints.error());
    const ReplyMode mode = flags_.reply.value_or(ReplyMode{});
    if (mode.kind == ReplyMode::Kind::kCommand) {
      auto pool = CommandPool::create(mode.text);
      if (!pool) return output_.fail(pool.error());
      pool_ = std::move(*pool);
    }
    const RawServerOptions options = server_options(flags_, *choice, output_);
    auto server = bind_first(*endpoints, handler(mode), options);
    if (!server) return output_.fail(server.error());
    return serve(*server, *choice, options);
  }

 private:
  int serve(RawServer& server, const SocketChoice& choice, const RawServerOptions& options) {
    if (pool_) {
      pool_->start([&](Bytes answer, Bytes request, const Endpoint& peer, const Endpoint& local) {
        send_later(server, answer, request, peer, local);
      });
    }
    announce(server.local(), choice);
    if (options.drop > 0) {
      output_.detail(fmt::format("pretending to lose {}% of what arrives; --seed {} repeats it",
                                 options.drop * 100, options.seed));
    }
    control_.set_report([&] { report(server, false); });
    control_.set_stop([&server] { server.stop(); });
    const auto done = server.run();
    control_.set_stop([] {});
    control_.set_report([] {});
    if (pool_) pool_->stop();
    if (flags_.stats || output_.is_json()) report(server, true);
    return done ? output_.finish(ExitCode::kDone) : output_.fail(done.error());
  }

  void announce(const Endpoint& local, const SocketChoice& choice) {
    const std::string line = listening_line(local, choice);
    output_.say(line);
    if (!output_.is_json()) return;
    output_.json(
        JsonObject{}
            .set("event", "listening")
            .set("address", local.address().to_string())
            .set("port", local.port())
            .set("reach", line.substr(line.find('(') + 1, line.size() - line.find('(') - 2)));
  }

  void report(const RawServer& server, bool final) {
    ServeStats stats{.server = server.counters(), .commands = {}};
    stats.server.too_long += too_long_;
    if (pool_) stats.commands = pool_->counters();
    if (output_.is_json()) {
      output_.json(to_json(stats, final));
    } else {
      output_.tell(to_text(stats));
    }
  }

  /// Sends what a command answered, on a thread of the pool.
  void send_later(RawServer& server, Bytes answer, Bytes request, const Endpoint& peer,
                  const Endpoint& local) {
    const auto most = flags_.max_amplification.value_or(0) * static_cast<double>(request.size());
    if (flags_.max_amplification && static_cast<double>(answer.size()) > most) {
      ++too_long_;
      return;
    }
    if (const auto sent = server.send(answer, peer, local); !sent)
      output_.detail(sent.error().message);
  }

  RawServer::Handler handler(const ReplyMode& mode) {
    RawServer::Handler answer;
    if (pool_) {
      answer = [this](const Datagram& request, RawReply&) { pool_->submit(request); };
    } else {
      answer = make_handler(mode);
    }
    if (!output_.is_verbose()) return answer;
    return [this, answer = std::move(answer)](const Datagram& request, RawReply& reply) {
      output_.detail(fmt::format("The client at {} says {}", request.peer.to_string(),
                                 quote(as_text(request.payload))));
      answer(request, reply);
    };
  }

  const ServeFlags& flags_;
  Output& output_;
  Control& control_;
  std::unique_ptr<CommandPool> pool_;
  std::atomic<std::uint64_t> too_long_ = 0;  // Answers of commands over --max-amplification.
};

}  // namespace

int run_serve(Arguments arguments) {
  ServeFlags flags;
  Parser parser{kHelp};
  declare(parser, flags);
  if (const auto code = parser.run(arguments)) return *code;
  if (!flags.socket.raw)
    return parser.usage_error("the Volley protocol is not in this version yet: use --raw");
  if (flags.seed && flags.workers.value_or(1) > 1) {
    return parser.usage_error("--seed repeats a loss with one worker only; drop it or --workers");
  }

  Output output{flags.output};
  Control control{[] { std::_Exit(static_cast<int>(ExitCode::kDone)); }};
  const Instant start = now();
  std::optional<Instant> end;
  if (flags.socket.timeout) end = start + *flags.socket.timeout;
  const auto watcher = control.watch(end);
  if (!watcher) return output.fail(watcher.error());
  return Serving{flags, output, control}.run(end.value_or(start + kResolveTime));
}

}  // namespace volley::cli
