#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <volley/clock.hpp>
#include <volley/matcher.hpp>
#include <volley/options.hpp>

#include "cli/json.hpp"
#include "cli/reach.hpp"
#include "cli/request_plan.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "request",
    .summary = "ask a server, try again until it answers, and print the reply",
    .examples =
        "volley request 127.0.0.1 'This is a message'\n"
        "volley request --count 1000000 --window 4096 --size 64 127.0.0.1\n"
        "volley request --raw -v --backoff 100ms..2s server.example:1060 hello\n"
        "volley request --raw --hex 9.9.9.9:53 "
        "'1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001'\n"
        "volley request --raw --count 1000 --window 64 --match id@0:2 --size 32 127.0.0.1\n",
    .notes =
        "A Volley server executes a request at most once, however often it is sent, and the "
        "outcome "
        "says what\n"
        "is known: reply, not_executed, executed_reply_lost or unknown.\n\n"
        "Raw mode asks any UDP server: it repeats the request until something answers from the "
        "address asked,\n"
        "and the server may run it more than once. Without --match any datagram from there is the "
        "answer.\n\n"
        "Exit codes: 0 answered, 1 no answer or a status that is not 0, 2 usage, 3 local error, 4 "
        "refused.\n"};

constexpr std::uint64_t kMostRequests = 100'000'000;  // Their round trips are kept: 800 MB.
constexpr std::size_t kRawWindow = 16;                // Each may need a port.
constexpr std::size_t kWindow = 1'024;

class Request final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("HOST[:PORT]", "whom to ask; port 1060 if left out", host_);
    parser.operand("[BODY]",
                   "what to send; without it --file, or standard input if that is no terminal",
                   body_.argument);
    add_retry_flags(parser, retry_);
    parser.whole("--count", "N", "send N requests and print a summary instead of replies", count_,
                 1, kMostRequests);
    parser.whole("--window", "N",
                 "with --count: how many are in flight at once (default 1024; in raw mode 16)",
                 window_, 1, ClientLimits::kWindow);
    parser.whole("--size", "BYTES", "a body of this many bytes, instead of BODY", size_, 0,
                 kMaxPayload);
    parser.flag("--idempotent",
                "it may run any number of times: the server need not remember that it did",
                idempotent_);
    parser.option(
        "--match", "id@OFFSET:SIZE[=REPLY_OFFSET][,random]",
        "raw: where the protocol keeps its request ID, in bytes (DNS: id@0:2, NTP: id@40:8=24): "
        "only a reply with the request's ID counts; random, or --count, writes a fresh one into "
        "each request",
        match_, &Matcher::parse);
    parser.flag("--unconnected", "raw: hear strangers and count them; refusals are then not heard",
                unconnected_);
    add_body_flags(parser, body_);
    add_socket_flags(parser, socket,
                     "each request's deadline, counted from the command's start (default 3.1s on "
                     "this machine and its networks, 30s elsewhere)");
    add_source_flag(parser, socket);
  }

  Result<void> check() override {
    if (!host_) return invalid("whom to ask is missing; say volley request HOST[:PORT] [BODY]");
    if (auto fits = check_mode(); !fits) return fits;
    if (size_ && (body_.argument || body_.file))
      return invalid("--size makes a body by itself; drop it, or BODY and --file");
    if (window_ && !is_many()) return invalid("--window is for --count of more than 1");
    return check_body_flags(body_);
  }

  Json as_json(const Error& error) const override {
    return is_many() ? failure_of_many(error, socket.raw) : failure_of_one(error, socket.raw);
  }

  int run(Output& output, Control& control) override {
    auto plan = make_plan(output);
    if (!plan) return output.fail(plan.error());
    if (!socket.raw) {
      const auto target = find_reachable(plan->route, socket.deadline(), output);
      if (!target) return output.fail(target.error());
      plan->route.targets = {*target};
    }
    return is_many() ? request_many(*plan, output, control) : request_one(*plan, output, control);
  }

 private:
  bool is_many() const { return count_.value_or(1) > 1; }

  /// What only one of the modes can do.
  Result<void> check_mode() const {
    if (!socket.raw) {
      if (!match_ && !unconnected_) return {};
      return invalid(
          fmt::format("{} is for programs that do not speak Volley; add --raw, or drop it: "
                      "every Volley request has an ID",
                      match_ ? "--match" : "--unconnected"));
    }
    if (idempotent_)
      return invalid(
          "--idempotent is for Volley servers; drop it, or --raw, which may always repeat");
    const std::size_t most = match_ ? RawLimits::kWindow : RawLimits::kPorts;
    if (window_.value_or(0) <= most) return {};
    return invalid(match_
                       ? fmt::format("--window {}: raw IDs tell {} apart at most", *window_, most)
                       : fmt::format("--window {}: without an ID each request in flight has a "
                                     "port, {} at most; add --match",
                                     *window_, most));
  }

  Result<RequestPlan> make_plan(Output& output) const {
    auto route = find_route(*host_, socket);
    if (!route) return std::unexpected(route.error());
    if (auto possible = check_route(*route); !possible) return std::unexpected(possible.error());
    const Duration resolving = now() - socket.begun;
    auto body = size_ ? std::vector<std::byte>(*size_, std::byte{'#'})
                      : read_body(body_, socket.deadline());
    if (!body) return std::unexpected(body.error());
    if (!socket.raw && body->size() > ClientLimits::kBody) {
      return invalid(fmt::format("a body of {} bytes is too large; a request carries {} at most",
                                 format_whole(body->size()), format_whole(ClientLimits::kBody)));
    }
    const std::size_t window = window_.value_or(socket.raw ? kRawWindow : kWindow);
    return RequestPlan{.route = std::move(*route),
                       .body = std::move(*body),
                       .format = body_,
                       .retry = retry_,
                       .timeout = socket.timeout,
                       // Without --timeout a slow standard input has all the time it needs.
                       .begun = socket.timeout ? socket.begun : now() - resolving,
                       .count = count_.value_or(1),
                       // One request needs one port, even a port of the user's choice.
                       .window = is_many() ? window : 1,
                       .prepare = option_setter(socket, output),
                       .raw = socket.raw,
                       .matcher = matcher(),
                       .connected = !unconnected_,
                       .idempotent = idempotent_};
  }

  /// Whether anybody could answer, and be told apart.
  Result<void> check_route(const Route& route) const {
    for (const Endpoint& target : route.targets) {
      const bool group = target.address().is_multicast();
      if (!group && !is_broadcast(target.address())) continue;
      return invalid(
          fmt::format("{} is a {} address, and a request is for one host; volley send "
                      "reaches everyone there, without an answer",
                      target.address().to_string(), group ? "multicast" : "broadcast"));
    }
    const bool port = std::ranges::any_of(route.choice.sources, &Endpoint::port);
    if (socket.raw && is_many() && port && !match_) {
      return invalid(
          "without an ID one port carries one request: with --count leave the port of --source "
          "out, or add --match");
    }
    return {};
  }

  /// With many requests each needs an ID of its own.
  std::optional<Matcher> matcher() const {
    if (!match_ || !match_->field() || !is_many()) return match_;
    Matcher::Field field = *match_->field();
    field.random = true;
    return Matcher{field};
  }

  std::optional<std::string> host_;
  BodyFlags body_;
  RetryFlags retry_;
  std::optional<Matcher> match_;
  std::optional<std::uint64_t> count_;
  std::optional<std::uint64_t> window_;
  std::optional<std::uint64_t> size_;
  bool unconnected_ = false;
  bool idempotent_ = false;
};

}  // namespace

RetryPolicy RequestPlan::policy(const Endpoint& target) const {
  return read_policy(retry, timeout, policy_for(target));
}

std::optional<Duration> RequestPlan::time_left(const Endpoint& target) const {
  if (!timeout && (retry.backoff || retry.tries)) return std::nullopt;
  const Duration whole = timeout.value_or(policy_for(target).give_up);
  return std::max(begun + whole - now(), Duration::zero());
}

std::unique_ptr<Verb> make_request() {
  return std::make_unique<Request>();
}

}  // namespace volley::cli
