#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <volley/clock.hpp>
#include <volley/matcher.hpp>

#include "cli/body.hpp"
#include "cli/flags.hpp"
#include "cli/request_plan.hpp"
#include "cli/units.hpp"
#include "cli/verbs.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "request",
    .summary = "ask a UDP server, try again until it answers, and print the reply",
    .examples =
        "volley request --raw 127.0.0.1 'This is a message'\n"
        "volley request --raw -v --backoff 100ms..2s server.example:1060 hello\n"
        "volley request --raw --hex 9.9.9.9:53 "
        "'1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001'\n"
        "volley request --raw --count 1000 --window 64 --match id@0:2 --size 32 127.0.0.1\n",
    .notes =
        "Raw mode repeats the request until something answers from the address asked: a server may "
        "run it\n"
        "more than once. Without --match any datagram from there is the answer.\n\n"
        "Exit codes: 0 answered, 1 no answer, 2 usage, 3 local error, 4 refused.\n"};

constexpr std::uint64_t kMostRequests = 10'000'000;  // Their round trips are kept: 80 MB.
constexpr Duration kResolveTime = std::chrono::seconds{30};

struct RequestFlags {
  std::optional<std::string> host;
  BodyFlags body;
  OutputFlags output;
  SocketFlags socket;
  RetryFlags retry;
  std::optional<Matcher> match;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> window;
  std::optional<std::uint64_t> size;
  bool unconnected = false;
};

void declare(Parser& parser, RequestFlags& flags) {
  parser.operand("HOST[:PORT]", "whom to ask; port 1060 if left out", flags.host);
  parser.operand("[BODY]",
                 "what to send; without it --file, or standard input if that is no terminal",
                 flags.body.argument);
  add_retry_flags(parser, flags.retry);
  parser.option(
      "--match", "id@OFFSET:SIZE[=REPLY_OFFSET][,random]",
      "where the protocol keeps its request ID, in bytes (DNS: id@0:2, NTP: id@40:8=24): only a "
      "reply "
      "with the request's ID counts; random, or --count, writes a fresh one into each request",
      flags.match, &Matcher::parse);
  parser.whole("--count", "N", "send N requests and print a summary instead of replies",
               flags.count, 1, kMostRequests);
  parser.whole("--window", "N", "with --count: how many are in flight at once (default 16)",
               flags.window, 1, RawLimits::kWindow);
  parser.whole("--size", "BYTES", "a body of this many bytes, instead of BODY", flags.size, 0,
               kMaxPayload);
  parser.flag("--unconnected", "hear strangers and count them; refusals are then not heard",
              flags.unconnected);
  add_body_flags(parser, flags.body);
  add_socket_flags(parser, flags.socket,
                   "each request's deadline, from before its name is resolved");
  add_source_flag(parser, flags.socket);
  add_output_flags(parser, flags.output);
}

/// What the flags of one run contradict, if anything.
std::optional<std::string> contradiction(const RequestFlags& flags) {
  if (!flags.host) return "whom to ask is missing; say volley request --raw HOST[:PORT] [BODY]";
  if (!flags.socket.raw) return "the Volley protocol is not in this version yet: use --raw";
  if (const auto checked = check_body_flags(flags.body); !checked) return checked.error().message;
  if (flags.size && (flags.body.argument || flags.body.file)) {
    return "--size makes a body by itself; drop it, or BODY and --file";
  }
  if (flags.window && flags.count.value_or(1) == 1) return "--window is for --count of more than 1";
  return std::nullopt;
}

Result<std::vector<std::byte>> body_of(const RequestFlags& flags) {
  if (flags.size) return std::vector<std::byte>(*flags.size, std::byte{'#'});
  return read_body(flags.body);
}

/// With many requests each needs an ID of its own.
std::optional<Matcher> matcher_of(const RequestFlags& flags) {
  if (!flags.match || !flags.match->field() || flags.count.value_or(1) == 1) return flags.match;
  Matcher::Field field = *flags.match->field();
  field.random = true;
  return Matcher{field};
}

Result<RequestPlan> make_plan(const RequestFlags& flags, Output& output) {
  auto body = body_of(flags);
  if (!body) return std::unexpected(body.error());
  RequestPlan plan{.targets = {},
                   .body = std::move(*body),
                   .format = flags.body,
                   .options = {},
                   .retry = flags.retry,
                   .timeout = flags.socket.timeout,
                   .begun = now(),
                   .count = flags.count.value_or(1)};
  const Instant deadline = plan.begun + plan.timeout.value_or(kResolveTime);
  const auto choice = read_choice(flags.socket, deadline);
  if (!choice) return std::unexpected(choice.error());
  auto targets = resolve_targets(*flags.host, *choice, deadline);
  if (!targets) return std::unexpected(targets.error());
  plan.targets = std::move(*targets);
  plan.options.matcher = matcher_of(flags);
  // One request needs one port, even a port of the user's choice.
  plan.options.window = plan.count == 1 ? 1 : flags.window.value_or(plan.options.window);
  plan.options.connected = !flags.unconnected;
  plan.options.source = choice->source;
  plan.options.device = choice->device;
  plan.options.prepare = option_setter(flags.socket, output);
  return plan;
}

/// Reports what went wrong before anything was sent.
int fail_early(Output& output, const Error& error) {
  output.error(error.message);
  if (output.is_json()) {
    JsonObject object;
    if (error.code == ErrorCode::kTimedOut || error.code == ErrorCode::kStopped) {
      object.set("outcome", "no_answer");
    } else {
      object.set_null("outcome");
    }
    output.json(object.set("reason", error.message)
                    .set("attempts", 0U)
                    .set_null("rtt_us")
                    .set_null("peer")
                    .set_null("status")
                    .set_null("body")
                    .set_null("strangers")
                    .set_null("duplicates")
                    .set_null("wrong_id"));
  }
  return output.finish(exit_code_for(error.code));
}

}  // namespace

int run_request(Arguments arguments) {
  RequestFlags flags;
  Parser parser{kHelp};
  declare(parser, flags);
  if (const auto code = parser.run(arguments)) return *code;
  if (const auto message = contradiction(flags)) return parser.usage_error(*message);

  Output output{flags.output};
  Control control{[&output] {
    std::_Exit(fail_early(
        output, {.code = ErrorCode::kStopped, .message = "interrupted before anything was sent"}));
  }};
  const auto watcher = control.watch();
  if (!watcher) return output.fail(watcher.error());
  const auto plan = make_plan(flags, output);
  if (!plan) return fail_early(output, plan.error());
  return plan->count == 1 ? request_one(*plan, output, control)
                          : request_many(*plan, output, control);
}

}  // namespace volley::cli
