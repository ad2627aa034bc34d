#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cli/json.hpp"
#include "cli/units.hpp"
#include "cli/verb.hpp"
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

/// Long enough for an ICMP error to come back from most of the world.
constexpr Duration kQuiet = std::chrono::milliseconds{300};
/// Datagrams of one size that stay without an error: the first may be lost, or its error may be.
constexpr int kSilences = 2;
/// Paths have at most a handful of different MTUs.
constexpr int kMostDatagrams = 64;

struct Limits {
  std::uint64_t max = 0;  // Bytes of IP packet.
  Instant deadline;
};

struct Finding {
  std::uint64_t mtu = 0;    // Bytes of IP packet.
  std::size_t payload = 0;  // Bytes that a datagram of that size carries.
  bool capped = false;      // The path takes more than --max.
  bool reached = false;     // The host said something: a datagram of that size got there.
};

/// Asks the kernel for the path MTU: sends datagrams with DF set, the largest first, until one is
/// taken and no ICMP error shrinks the path within a short wait. The socket is connected to the
/// target; `sent` counts datagrams, for other threads too.
class Search {
 public:
  Search(UdpSocket& socket, const Endpoint& target, const Limits& limits, const os::StopFlag& stop,
         std::atomic<std::uint64_t>& sent)
      : socket_{socket},
        target_{target},
        limits_{limits},
        stop_{stop},
        sent_{sent},
        headers_{target.family() == Family::kIpv4 ? 28U : 48U},
        payload_{std::min<std::size_t>(kMaxPayload, limits.max - headers_)} {}

  Result<Finding> run() {
    if (auto done = socket_.set_fragmentation(Fragmentation::kForbid); !done)
      return std::unexpected(done.error());
    if (auto done = socket_.set_error_queue(true); !done) return std::unexpected(done.error());
    sent_ = 0;
    int silences = 0;
    while (silences < kSilences && !found_.reached) {
      if (auto done = check_limits(); !done) return std::unexpected(done.error());
      const std::size_t before = payload_;
      const auto taken = send();
      if (!taken) return std::unexpected(taken.error());
      if (!*taken) continue;
      if (auto done = listen(); !done) return std::unexpected(done.error());
      silences = payload_ == before ? silences + 1 : 0;
    }
    const auto mtu = socket_.path_mtu();
    if (!mtu) return std::unexpected(mtu.error());
    found_.mtu = std::min<std::uint64_t>(*mtu, limits_.max);
    found_.capped = *mtu > limits_.max;
    found_.payload = payload_;
    return found_;
  }

 private:
  Result<void> check_limits() const {
    if (stop_.raised()) {
      return failure(
          ErrorCode::kStopped,
          fmt::format("interrupted before the path MTU to {} was settled", target_.to_string()));
    }
    if (now() >= limits_.deadline || sent_ >= kMostDatagrams) {
      return failure(
          ErrorCode::kTimedOut,
          fmt::format("the path MTU to {} was not settled in time; give a longer --timeout",
                      target_.to_string()));
    }
    return {};
  }

  /// Sends one datagram of the present size. False: it was not taken, and perhaps a smaller size
  /// was learned.
  Result<bool> send() {
    const std::vector<std::byte> body(payload_, std::byte{'#'});
    ++sent_;
    const auto done = socket_.send(body);
    if (done) return true;
    // An error may be an earlier datagram's; in either case the kernel has learned from it.
    const ErrorCode code = done.error().code;
    if (code == ErrorCode::kRefused) found_.reached = true;
    if (code != ErrorCode::kRefused && code != ErrorCode::kTooLarge)
      return std::unexpected(done.error());
    if (auto shrunk = shrink(); !shrunk) return std::unexpected(shrunk.error());
    return false;
  }

  /// Listens for a while for what the path has to say.
  Result<void> listen() {
    const Instant until = std::min(now() + kQuiet, limits_.deadline);
    const std::size_t before = payload_;
    ReceiveBatch batch{{.slots = 1, .slot_size = 64}};
    while (payload_ == before && !found_.reached && !stop_.raised() && now() < until) {
      const auto woken = os::wait_readable({socket_.native_handle(), stop_.descriptor()}, until);
      if (!woken) return std::unexpected(woken.error());
      if (auto done = drain_errors(); !done) return done;
      const auto received = socket_.receive(batch);
      if (received && !batch.datagrams().empty()) found_.reached = true;
      if (!received && received.error().code == ErrorCode::kRefused) found_.reached = true;
      if (auto done = shrink(); !done) return done;
    }
    return {};
  }

  Result<void> drain_errors() {
    for (int i = 0; i < kMostDatagrams; ++i) {
      const auto error = socket_.next_error();
      if (!error) return std::unexpected(error.error());
      if (!*error) return {};
      if ((*error)->code == ErrorCode::kUnreachable) {
        return failure(
            ErrorCode::kUnreachable,
            fmt::format("{} says that {} cannot be reached; check the address and the route to it",
                        (*error)->reporter ? (*error)->reporter->to_string() : "this machine",
                        target_.to_string()));
      }
      if ((*error)->code == ErrorCode::kRefused) found_.reached = true;
    }
    return {};
  }

  /// Follows the kernel's path MTU downwards.
  Result<void> shrink() {
    const auto mtu = socket_.path_mtu();
    if (!mtu) return std::unexpected(mtu.error());
    payload_ = std::min<std::size_t>(payload_, *mtu - headers_);
    return {};
  }

  UdpSocket& socket_;
  const Endpoint& target_;
  const Limits& limits_;
  const os::StopFlag& stop_;
  std::atomic<std::uint64_t>& sent_;
  std::uint32_t headers_;
  std::size_t payload_;
  Finding found_;
};

class Mtu final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("HOST[:PORT]", "where to; port 1060 if left out", host_);
    parser.flag("--kernel", "ask the kernel, which believes ICMP", kernel_);
    parser.whole("--min", "BYTES", "fail with code 1 if the path MTU is smaller", min_, 68,
                 kLargest);
    parser.whole("--max", "BYTES", "send no packet larger than this", max_, 68, kLargest);
    add_socket_flags(parser, socket, "give up after so long (default 30s)");
    add_source_flag(parser, socket);
  }

  Result<void> check() override {
    if (!host_) return invalid("where to is missing; say volley mtu --kernel HOST[:PORT]");
    if (!kernel_) return invalid("the Volley protocol is not in this version yet: use --kernel");
    if (max_.value_or(kLargest) < min_.value_or(0))
      return invalid("--max is below --min; swap them");
    for (const std::string& option : socket.options) {
      if (option.starts_with("IP_MTU_DISCOVER=") || option.starts_with("IPV6_MTU_DISCOVER=")) {
        return invalid(fmt::format("--option {} cannot be set: mtu --kernel sets it by itself",
                                   option.substr(0, option.find('='))));
      }
    }
    return {};
  }

  int run(Output& output, Control& control) override {
    const auto route = find_route(*host_, socket);
    if (!route) return output.fail(as_local(route.error()));
    auto stop = os::StopFlag::create();
    if (!stop) return output.fail(stop.error());
    const Control::Running running{control,
                                   {.stop = [&] { stop->raise(); },
                                    .report =
                                        [&] {
                                          output.tell(fmt::format("not settled yet, after {}",
                                                                  format_count(sent_, "datagram")));
                                        }}};
    const auto prepare = option_setter(socket, output);
    Endpoint tried;
    const auto found = first_of(route->targets, output, [&](const Endpoint& target) {
      tried = target;
      return find(target, route->choice, prepare, *stop);
    });
    return found ? print(tried, *found, output) : output.fail(found.error());
  }

 private:
  static constexpr std::uint64_t kLargest = 65'575;  // An IPv6 packet.

  Result<Finding> find(const Endpoint& target, const SocketChoice& choice,
                       const std::function<Result<void>(UdpSocket&)>& prepare,
                       const os::StopFlag& stop) {
    auto opened = open_socket(target, choice, choice.device);
    if (!opened) return std::unexpected(opened.error());
    if (auto done = opened->connect(target); !done) return std::unexpected(done.error());
    if (prepare) {
      if (auto done = prepare(*opened); !done) return std::unexpected(done.error());
    }
    const Limits limits{.max = max_.value_or(kLargest),
                        .deadline = socket.begun + socket.timeout.value_or(kTime)};
    return Search{*opened, target, limits, stop, sent_}.run();
  }

  int print(const Endpoint& target, const Finding& found, Output& output) const {
    const std::string host = target.address().to_string();
    std::optional<std::string> error;
    if (found.mtu < min_.value_or(0)) {
      error = fmt::format("the path MTU to {} is {} bytes, below --min {}", host, found.mtu, *min_);
    }
    const Json object{{"mtu", found.mtu},
                      {"capped", found.capped},
                      {"payload", found.payload},
                      {"peer", target.to_string()},
                      {"method", "kernel"},
                      {"datagrams", sent_.load()},
                      {"reached", found.reached ? std::optional{true} : std::nullopt},
                      {"error", error}};
    if (!output.is_json()) {
      output.line(fmt::format("path MTU to {}: {}{} bytes, which leaves {} bytes of payload", host,
                              found.capped ? "at least " : "", found.mtu, found.payload));
    }
    output.say(
        "this is what this machine's kernel believes, from its routes and from ICMP, which can be "
        "lost and forged");
    if (error) return output.fail({.message = *error}, ExitCode::kNoAnswer, object);
    if (output.is_json()) output.json(object);
    return output.finish(ExitCode::kDone);
  }

  std::optional<std::string> host_;
  bool kernel_ = false;
  std::optional<std::uint64_t> min_;
  std::optional<std::uint64_t> max_;
  std::atomic<std::uint64_t> sent_ = 0;
};

}  // namespace

std::unique_ptr<Verb> make_mtu() {
  return std::make_unique<Mtu>();
}

}  // namespace volley::cli
