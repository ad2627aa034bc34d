#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <volley/raw_server.hpp>

#include "cli/binding.hpp"
#include "cli/command_pool.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/reply_mode.hpp"
#include "cli/units.hpp"
#include "cli/verb.hpp"
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
        "are dropped and counted. It answers with what the command prints if its status is 0, else "
        "not at all;\n"
        "-v says so, and prints what the command writes to standard error. SIGUSR1 prints a "
        "report; SIGINT and SIGTERM end it with code "
        "0.\n"};

/// Something that was counted, as a field of JSON and in words.
struct Count {
  std::string_view key;
  std::string_view words;
  std::uint64_t value;
};

std::vector<Count> counts_of(const RawServerCounters& server) {
  return {{"received", "received", server.received},
          {"answered", "answered", server.answered},
          {"simulated_losses", "simulated losses", server.simulated_losses},
          {"truncated", "truncated", server.truncated},
          {"unanswerable", "from port 0, where no answer can go", server.unanswerable},
          {"too_long", "answers too long for --max-amplification", server.too_long},
          {"unsent", "answers not sent", server.unsent},
          {"failed_receives", "failed receives", server.failed_receives}};
}

std::vector<Count> counts_of(const CommandPool::Counters& commands) {
  return {{"crowded", "dropped as too many commands waited", commands.crowded},
          {"too_slow", "commands over their time", commands.too_slow},
          {"too_much", "commands over one datagram of output", commands.too_much},
          {"failed", "commands failed", commands.failed}};
}

/// Nothing went wrong with most servers: after the first three, only what did is worth a word.
std::string to_text(const std::vector<Count>& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto& [key, words, value] = counts[i];
    if (i >= 3 && value == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", words, format_whole(value));
  }
  return text;
}

Json to_json(const std::vector<Count>& counts) {
  Json object;
  for (const auto& [key, words, value] : counts) object[std::string{key}] = value;
  return object;
}

class Serve final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("[[ADDR:]PORT]",
                   "where to listen (default 127.0.0.1:1060); port 0 takes any and says which, but "
                   "not with -q",
                   address_);
    parser.option(
        "--reply", "echo|length|text:STR|exec:CMD|discard",
        "what to answer: the same bytes (the default), 'Your data was 5 bytes long', a text, what "
        "a command prints, or nothing",
        reply_, &parse_reply_mode);
    parser.option("--drop", "SHARE",
                  "ignore this share of what arrives (50% or 0.5): loss, simulated", drop_,
                  &parse_share);
    parser.whole("--seed", "N", "of that loss: the same seed loses the same, with one worker",
                 seed_, 0, UINT64_MAX);
    parser.whole("--workers", "N", "threads, each with a socket of its own on the port (default 1)",
                 workers_, 1, kMostWorkers);
    parser.option("--max-amplification", "X",
                  "answer at most X bytes for each byte asked (default: no limit)",
                  max_amplification_, &parse_factor);
    parser.flag("--stats", "print what was counted at the end", stats_);
    add_socket_flags(parser, socket, "serve for so long, then end (default: never)");
  }

  Result<void> check() override {
    if (!socket.raw) return invalid("the Volley protocol is not in this version yet: use --raw");
    if (seed_ && !drop_) return invalid("--seed is of the loss that --drop simulates; add --drop");
    if (seed_ && workers_.value_or(1) > 1)
      return invalid("--seed repeats a loss with one worker only; drop it or --workers");
    return {};
  }

  int interrupted(Output& output) const override { return output.finish(ExitCode::kDone); }

  int run(Output& output, Control& control) override {
    const auto choice = read_choice(socket);
    if (!choice) return output.fail(choice.error());
    const auto endpoints = resolve_binding(address_, DefaultBinding::kLoopback, *choice);
    if (!endpoints) return output.fail(endpoints.error());
    const ReplyMode mode = reply_.value_or(ReplyMode{});
    if (mode.kind == ReplyMode::Kind::kCommand) {
      auto pool = CommandPool::create(mode.text);
      if (!pool) return output.fail(pool.error());
      pool_ = std::move(*pool);
    }
    const RawServerOptions options = server_options(*choice, output);
    const RawServer::Handler answer = handler(mode, output);
    auto server = first_of(*endpoints, output, [&](const Endpoint& endpoint) {
      return RawServer::bind(endpoint, answer, options);
    });
    if (!server) return output.fail(explain_in_use(server.error(), *endpoints, ""));
    if (now() >= socket.deadline().value_or(Instant::max())) {
      return output.fail({.code = ErrorCode::kTimedOut,
                          .message = "no time was left to serve; give a longer --timeout"});
    }
    return serve(*server, *choice, options, output, control);
  }

 private:
  int serve(RawServer& server, const SocketChoice& choice, const RawServerOptions& options,
            Output& output, Control& control) {
    if (pool_) {
      const auto started = pool_->start(
          [&](Bytes answer, Bytes request, const Endpoint& peer, const Endpoint& local) {
            send_later(server, answer, request, peer, local, output);
          },
          [&](const std::string& words) { output.detail(words); });
      if (!started) return output.fail(started.error());
    }
    const auto stop = [&server] { server.stop(); };
    Result<void> done;
    {
      const Control::Running running{
          control,
          {.stop = stop, .report = [&] { report(server, false, output); }, .expire = stop}};
      announce(output, server.local(), choice);
      if (options.drop > 0) {
        output.detail(fmt::format(
            "pretending to lose {:g}% of what arrives{}", options.drop * 100,
            options.workers == 1 ? fmt::format("; --seed {} repeats it", options.seed) : ""));
      }
      done = server.run();
    }
    if (pool_) pool_->stop();
    if (stats_ || output.is_json()) report(server, true, output);
    return done ? output.finish(ExitCode::kDone) : output.fail(done.error());
  }

  RawServerOptions server_options(const SocketChoice& choice, Output& output) const {
    RawServerOptions options;
    options.workers = static_cast<unsigned>(workers_.value_or(1));
    options.drop = drop_.value_or(0);
    options.seed = seed_ ? *seed_ : os::random_u64();
    options.max_amplification = max_amplification_.value_or(0);
    options.device = choice.device;
    options.dual_stack = choice.family != Family::kIpv6;
    options.prepare = option_setter(socket, output);
    return options;
  }

  void report(const RawServer& server, bool final, Output& output) const {
    RawServerCounters counters = server.counters();
    counters.too_long += too_long_;
    const auto counts = counts_of(counters);
    const auto commands = pool_ ? counts_of(pool_->counters()) : std::vector<Count>{};
    if (!output.is_json()) {
      std::vector<Count> all = counts;
      all.insert(all.end(), commands.begin(), commands.end());
      return output.tell(to_text(all));
    }
    Json object{{"event", "stats"}, {"final", final}};
    object.update(to_json(counts));
    if (pool_) object["commands"] = to_json(commands);
    output.json(object);
  }

  /// Sends what a command answered, on a thread of the pool.
  void send_later(RawServer& server, Bytes answer, Bytes request, const Endpoint& peer,
                  const Endpoint& local, Output& output) {
    const auto most = max_amplification_.value_or(0) * static_cast<double>(request.size());
    if (max_amplification_ && static_cast<double>(answer.size()) > most) {
      ++too_long_;
      return;
    }
    if (const auto sent = server.send(answer, peer, local); !sent)
      output.detail(sent.error().message);
  }

  RawServer::Handler handler(const ReplyMode& mode, Output& output) {
    RawServer::Handler answer;
    if (pool_) {
      answer = [this](const Datagram& request, RawReply&) { pool_->submit(request); };
    } else {
      answer = make_handler(mode);
    }
    if (!output.is_verbose()) return answer;
    return [&output, answer = std::move(answer)](const Datagram& request, RawReply& reply) {
      output.detail(fmt::format("The client at {} says {}", request.peer.to_string(),
                                quote(as_text(request.payload))));
      answer(request, reply);
    };
  }

  std::optional<std::string> address_;
  std::optional<ReplyMode> reply_;
  std::optional<double> drop_;
  std::optional<std::uint64_t> seed_;
  std::optional<std::uint64_t> workers_;
  std::optional<double> max_amplification_;
  bool stats_ = false;
  std::unique_ptr<CommandPool> pool_;
  std::atomic<std::uint64_t> too_long_ = 0;  // Answers of commands over --max-amplification.
};

}  // namespace

std::unique_ptr<Verb> make_serve() {
  return std::make_unique<Serve>();
}

}  // namespace volley::cli
