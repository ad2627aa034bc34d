#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "cli/json.hpp"
#include "cli/sender.hpp"
#include "cli/verb.hpp"

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

constexpr std::size_t kMostLine = kMaxPayload * 4;  // Hex with blanks.

class Send final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("HOST[:PORT]", "where to; port 1060 if left out", host_);
    parser.operand("[BODY]",
                   "what to send; without it --file, or standard input if that is no terminal",
                   body_.argument);
    parser.flag("--broadcast", "permit a broadcast address (SO_BROADCAST)", flags_.broadcast);
    parser.whole("--ttl", "N",
                 "routers it may cross, plus one: TTL or hop limit, 1 to 255 (multicast starts at "
                 "1, and 0 keeps it on this machine)",
                 flags_.ttl, 0, 255);
    parser.choice("--loop", "--no-loop", "to a group: members on this machine hear it too",
                  flags_.loop);
    parser.option("--rate", "RATE",
                  "at most so much a second: 10k/s datagrams, or 50Mbit of their bodies",
                  flags_.rate, &parse_rate);
    parser.whole("--count", "N", "send it N times (default 1)", count_, 1, UINT64_MAX);
    parser.flag("--lines", "each line of standard input is a datagram, as it comes", lines_);
    parser.flag("--dont-fragment", "fail rather than send in fragments (DF)", flags_.dont_fragment);
    add_body_flags(parser, body_);
    add_socket_flags(parser, socket, "stop after so long (default: never)");
    add_source_flag(parser, socket);
  }

  Result<void> check() override {
    if (!host_) return invalid("where to is missing; say volley send HOST[:PORT] [BODY]");
    if (lines_ && (body_.argument || count_))
      return invalid("--lines takes its datagrams from standard input; drop BODY and --count");
    if (lines_ && body_.file.value_or("-") != "-") {
      return invalid(fmt::format("--lines reads standard input; say volley send --lines HOST < {}",
                                 *body_.file));
    }
    return check_body_flags(body_);
  }

  Json as_json(const Error& error) const override { return json(error.message); }

  int run(Output& output, Control& control) override {
    auto route = find_route(*host_, socket);
    if (!route) return output.fail(as_local(route.error()));
    if (auto checked = check_targets(route->targets); !checked) return output.fail(checked.error());
    std::vector<std::byte> body;
    if (!lines_) {
      auto read = read_body(body_, socket.deadline());
      if (!read) return output.fail(read.error());
      body = std::move(*read);
    }
    auto stop = os::StopFlag::create();
    if (!stop) return output.fail(stop.error());
    Sender sender{flags_, socket, *route, output};
    sender_ = &sender;
    const Control::Running running{
        control, {.stop = [&] { stop->raise(); }, .report = [&] { report("so far", output); }}};
    const auto done = send_all(sender, body, {.deadline = socket.deadline(), .stop = &*stop});
    if (!done) return output.fail(done.error());
    if (output.is_json()) output.json(json({}));
    if (output.is_verbose() && !output.is_json()) report(sender.target(), output);
    return output.finish(ExitCode::kDone);
  }

 private:
  /// What is only for groups.
  Result<void> check_targets(const std::vector<Endpoint>& targets) const {
    for (const Endpoint& target : targets) {
      if (target.address().is_multicast()) continue;
      const std::string host = target.address().to_string();
      if (flags_.loop) {
        return invalid(fmt::format("--{} is for multicast groups, and {} is none; drop it",
                                   *flags_.loop ? "loop" : "no-loop", host));
      }
      if (flags_.ttl == 0) {
        return invalid(
            fmt::format("--ttl 0 is for multicast groups, and {} is none; say 1 to 255", host));
      }
    }
    return {};
  }

  Result<void> send_all(Sender& sender, Bytes body, const os::Patience& patience) {
    if (auto opened = sender.open(); !opened) return opened;
    if (auto done = lines_ ? send_lines(sender, patience) : send_repeatedly(sender, body, patience);
        !done)
      return done;
    return sender.hears_refusal() ? std::unexpected(sender.refusal()) : Result<void>{};
  }

  Result<void> send_repeatedly(Sender& sender, Bytes body, const os::Patience& patience) {
    const std::uint64_t count = count_.value_or(1);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (auto done = sender.send(body, patience); !done) return done;
    }
    return {};
  }

  Result<void> send_lines(Sender& sender, const os::Patience& patience) {
    os::LineReader lines{kMostLine};
    for (std::uint64_t number = 1;; ++number) {
      auto line = lines.next(patience);
      if (!line && line.error().code == ErrorCode::kTooLarge) return invalid(line.error().message);
      if (!line) return std::unexpected(line.error());
      if (!*line) return {};
      const auto body = to_body(**line, body_);
      if (!body) return invalid(fmt::format("line {}: {}", number, body.error().message));
      if (auto done = sender.send(*body, patience); !done) return done;
    }
  }

  /// What was sent so far, on any thread.
  void report(std::string_view state, Output& output) const {
    const Sender& sender = *sender_.load();
    output.tell(fmt::format("{}: sent {}, {}", state, format_count(sender.sent(), "datagram"),
                            format_count(sender.bytes(), "byte")));
  }

  Json json(std::optional<std::string> error) const {
    const Sender* const sender = sender_;
    return {{"sent", sender != nullptr ? sender->sent() : 0},
            {"bytes", sender != nullptr ? sender->bytes() : 0},
            {"refused", sender != nullptr ? sender->refused() : std::nullopt},
            {"peer", sender != nullptr ? std::optional{sender->target()} : std::nullopt},
            {"error", std::move(error)}};
  }

  std::optional<std::string> host_;
  BodyFlags body_;
  SendFlags flags_;
  std::optional<std::uint64_t> count_;
  bool lines_ = false;
  std::atomic<const Sender*> sender_ = nullptr;  // There since anything can be sent.
};

}  // namespace

std::unique_ptr<Verb> make_send() {
  return std::make_unique<Send>();
}

}  // namespace volley::cli
