#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <volley/options.hpp>

#include "cli/binding.hpp"
#include "cli/command_pool.hpp"
#include "cli/json.hpp"
#include "cli/reply_mode.hpp"
#include "cli/service.hpp"
#include "cli/units.hpp"
#include "cli/verb.hpp"
#include "os/entropy.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "serve",
    .summary = "answer any number of clients",
    .examples =
        "volley serve                                    # echo on 127.0.0.1:1060\n"
        "volley serve '*:5300' --reply exec:'tr a-z A-Z' --workers 2 --stats\n"
        "volley serve --raw --reply length --drop 50%    # any UDP client; half of it is lost\n"
        "volley serve --raw -i eth0 1060 -v\n",
    .notes =
        "Without ADDR it binds 127.0.0.1, which other machines cannot reach; * is everyone.\n\n"
        "A Volley server executes each request at most once. Raw mode answers whoever asks, at any "
        "length, so\n"
        "that a forged sender's address makes it shout at others: on the open Internet set "
        "--max-amplification 1.\n\n"
        "exec: runs /bin/sh -c CMD for each request, at most 16 at once and 5 s each; 64 more "
        "wait, others\n"
        "are refused, in raw mode dropped and counted. The reply is what the command prints, with "
        "its exit\n"
        "status; in raw mode there is one only if that is 0. -v prints what the command writes to "
        "standard\n"
        "error. SIGUSR1 prints a report; SIGINT and SIGTERM finish what runs and end with code "
        "0.\n"};

std::vector<Count> counts_of(const CommandPool::Counters& commands) {
  return {{"crowded", "dropped as too many commands waited", commands.crowded},
          {"too_slow", "commands over their time", commands.too_slow},
          {"too_much", "commands with more output than an answer carries", commands.too_much},
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
        "a command prints, or nothing (an empty reply)",
        reply_, &parse_reply_mode);
    parser.option("--drop", "SHARE",
                  "ignore this share of what arrives (50% or 0.5): loss, simulated", drop_,
                  &parse_share);
    parser.whole("--seed", "N", "of that loss: the same seed loses the same, with one worker",
                 seed_, 0, UINT64_MAX);
    parser.whole("--workers", "N", "threads, each with a socket of its own on the port (default 1)",
                 workers_, 1, kMostWorkers);
    parser.option("--max-amplification", "X",
                  "raw: answer at most X bytes for each byte asked (default: no limit)",
                  max_amplification_, &parse_factor);
    parser.flag("--stats", "print what was counted at the end", stats_);
    add_socket_flags(parser, socket, "serve for so long, then end (default: never)");
  }

  Result<void> check() override {
    if (max_amplification_ && !socket.raw) {
      return invalid(
          "--max-amplification is for raw mode: a Volley server sends no more than it "
          "received to whoever has not shown that it receives");
    }
    if (reply_ && !socket.raw && reply_->text.size() > ClientLimits::kBody) {
      return invalid(fmt::format("a text of {} bytes is too large; a reply carries {} at most",
                                 format_whole(reply_->text.size()),
                                 format_whole(ClientLimits::kBody)));
    }
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
    ServicePlan plan = make_plan(*choice, output);
    if (plan.mode.kind == ReplyMode::Kind::kCommand) {
      auto pool = CommandPool::create(
          plan.mode.text,
          {.most = socket.raw ? kMaxPayload : ClientLimits::kBody, .any_status = !socket.raw});
      if (!pool) return output.fail(pool.error());
      pool_ = std::move(*pool);
      plan.pool = pool_.get();
    }
    auto service = first_of(*endpoints, output, [&](const Endpoint& endpoint) {
      return socket.raw ? open_raw_service(plan, endpoint, output)
                        : open_clear_service(plan, endpoint, output);
    });
    if (!service) return output.fail(explain_in_use(service.error(), *endpoints, ""));
    if (now() >= socket.deadline().value_or(Instant::max())) {
      return output.fail({.code = ErrorCode::kTimedOut,
                          .message = "no time was left to serve; give a longer --timeout"});
    }
    return serve(**service, *choice, plan, output, control);
  }

 private:
  int serve(Service& service, const SocketChoice& choice, const ServicePlan& plan, Output& output,
            Control& control) {
    if (pool_) {
      const auto started = pool_->start([&](const std::string& words) { output.detail(words); });
      if (!started) return output.fail(started.error());
    }
    const auto finish = [&service] { service.finish(); };
    Result<void> done;
    {
      const Control::Running running{
          control,
          {.stop = finish, .report = [&] { report(service, false, output); }, .expire = finish}};
      announce(output, service.local(), choice);
      if (plan.drop > 0) {
        output.detail(
            fmt::format("pretending to lose {:g}% of what arrives{}", plan.drop * 100,
                        plan.workers == 1 ? fmt::format("; --seed {} repeats it", plan.seed) : ""));
      }
      done = service.run();
    }
    if (pool_) pool_->stop();
    if (stats_ || output.is_json()) report(service, true, output);
    return done ? output.finish(ExitCode::kDone) : output.fail(done.error());
  }

  ServicePlan make_plan(const SocketChoice& choice, Output& output) const {
    return {.mode = reply_.value_or(ReplyMode{}),
            .workers = static_cast<unsigned>(workers_.value_or(1)),
            .drop = drop_.value_or(0),
            .seed = seed_ ? *seed_ : os::random_u64(),
            .max_amplification = max_amplification_,
            .device = choice.device,
            .dual_stack = choice.family != Family::kIpv6,
            .prepare = option_setter(socket, output)};
  }

  void report(const Service& service, bool final, Output& output) const {
    const auto counts = service.counts();
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

  std::optional<std::string> address_;
  std::optional<ReplyMode> reply_;
  std::optional<double> drop_;
  std::optional<std::uint64_t> seed_;
  std::optional<std::uint64_t> workers_;
  std::optional<double> max_amplification_;
  bool stats_ = false;
  std::unique_ptr<CommandPool> pool_;
};

}  // namespace

std::unique_ptr<Verb> make_serve() {
  return std::make_unique<Serve>();
}

}  // namespace volley::cli
