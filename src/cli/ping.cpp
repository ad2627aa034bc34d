#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <volley/client.hpp>
#include <volley/options.hpp>

#include "cli/json.hpp"
#include "cli/reach.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"
#include "cli/verb.hpp"

namespace volley::cli {

namespace {

constexpr VerbHelp kHelp{
    .verb = "ping",
    .summary = "measure round trips, loss and reordering to a Volley server",
    .examples =
        "volley ping 127.0.0.1\n"
        "volley ping -c 100 --interval 10ms server.example:1060\n"
        "volley ping -c 1000 --interval 1ms --max-loss 1% --p99 20ms server.example && echo good\n"
        "volley ping -c 5 --size 1400 --json server.example\n",
    .notes =
        "The server echoes datagrams of the size asked and runs nothing. What has not come back a "
        "second\n"
        "after the last was sent is lost.\n\n"
        "Exit codes: 0 echoes came, 1 none did or a threshold failed, 2 usage, 3 local error, 4 "
        "refused.\n"};

constexpr std::uint64_t kDefaultSize = 64;
constexpr std::uint64_t kLeastSize = 44;
constexpr Duration kDefaultInterval = std::chrono::seconds{1};
constexpr std::size_t kMostMissing = 4'096;  // An endless ping of a dead server must not grow.
constexpr Duration kPatience = std::chrono::seconds{1};  // After the last one was sent.

/// What was sent and what came back.
struct Score {
  std::atomic<std::uint64_t> sent = 0;
  std::atomic<std::uint64_t> received = 0;
  std::uint64_t reordered = 0;  // Came after a later one.
  std::uint64_t newest = 0;     // The latest that came.
  Spread round_trips{};

  std::uint64_t lost() const { return sent - std::min(sent.load(), received.load()); }
  double loss() const {
    return sent == 0 ? 0 : static_cast<double>(lost()) / static_cast<double>(sent);
  }
};

class Ping final : public Verb {
 public:
  const VerbHelp& help() const override { return kHelp; }

  void declare(Parser& parser) override {
    parser.operand("HOST[:PORT]", "whom to ask; port 1060 if left out", host_);
    parser.whole("-c,--count", "N", "stop after N (default: go on until interrupted)", count_, 1,
                 100'000'000);
    parser.option("--interval", "DURATION", "from one to the next (default 1s)", interval_,
                  &parse_positive_duration);
    parser.whole("--size", "BYTES", "of each datagram, without IP and UDP headers (default 64)",
                 size_, kLeastSize, kMaxPayload);
    parser.option("--max-loss", "SHARE", "exit 1 if more than this share is lost (1% or 0.01)",
                  max_loss_, &parse_share);
    parser.option("--p99", "DURATION", "exit 1 if 99% of the round trips were not within this",
                  p99_, &parse_positive_duration);
    add_socket_flags(parser, socket, "end after so long (default: never)");
    add_source_flag(parser, socket);
  }

  Result<void> check() override {
    if (!host_) return invalid("whom to ask is missing; say volley ping HOST[:PORT]");
    if (socket.raw)
      return invalid("only Volley servers echo a ping; drop --raw, or see volley request --raw");
    return {};
  }

  int run(Output& output, Control& control) override {
    auto route = find_route(*host_, socket);
    if (!route) return output.fail(route.error());
    const auto target = find_reachable(*route, socket.deadline(), output);
    if (!target) return output.fail(target.error());
    auto client = Client::open(*target, {.source = route->choice.source_for(*target),
                                         .device = route->choice.device,
                                         .prepare = option_setter(socket, output),
                                         .on_pong = [&](const Pong& pong) { note(pong, output); }});
    if (!client) return output.fail(client.error());
    peer_ = target->to_string();
    const Instant start = now();
    Result<void> done;
    {
      const auto stop = [&client] { client->stop(); };
      const Control::Running running{
          control, {.stop = stop, .report = [&] { report(output); }, .expire = stop}};
      done = exchange(*client, output);
    }
    if (!done && done.error().code != ErrorCode::kStopped) return output.fail(done.error());
    return finish(*client, now() - start, output);
  }

 private:
  /// Sends each at its time, and waits for the last.
  Result<void> exchange(Client& client, Output& output) {
    const Duration interval = interval_.value_or(kDefaultInterval);
    Instant due = now();
    for (std::uint64_t number = 1; number <= count_.value_or(UINT64_MAX); ++number) {
      while (now() < due) {
        if (auto turned = client.run_once(due); !turned) return turned;
      }
      const auto opaque = client.submit_ping(size_.value_or(kDefaultSize));
      ++score_.sent;
      due += interval;
      if (opaque) {
        if (numbers_.size() >= kMostMissing) numbers_.clear();
        numbers_[*opaque] = number;
      } else if (opaque.error().code != ErrorCode::kFull) {
        return std::unexpected(opaque.error());
      }
      if (output.broken()) return {};
      // Out it goes, now.
      if (auto turned = client.run_once(now()); !turned) return turned;
    }
    const Instant end = now() + kPatience;
    while (score_.received < score_.sent && now() < end) {
      if (auto turned = client.run_once(end); !turned) return turned;
    }
    return {};
  }

  void note(const Pong& pong, Output& output) {
    const auto found = numbers_.find(pong.opaque);
    if (found == numbers_.end()) return;
    const std::uint64_t number = found->second;
    numbers_.erase(found);
    ++score_.received;
    score_.round_trips.add(pong.round_trip);
    if (number < score_.newest) ++score_.reordered;
    score_.newest = std::max(score_.newest, number);
    if (output.is_json()) {
      output.json({{"event", "pong"},
                   {"number", number},
                   {"bytes", pong.size},
                   {"rtt_us", to_microseconds(pong.round_trip)}});
    } else if (!output_flags.quiet) {
      output.line(fmt::format("{} bytes from {}: number {}, {}", format_whole(pong.size), peer_,
                              format_whole(number), format_duration(pong.round_trip)));
    }
  }

  void report(Output& output) const {
    output.tell(fmt::format("{} sent, {} came back", format_whole(score_.sent),
                            format_whole(score_.received)));
  }

  int finish(const Client& client, Duration elapsed, Output& output) {
    const std::uint64_t duplicates = client.counters().pongs_again;
    const auto error = failure(client);
    if (output.is_json()) {
      output.json({{"event", "summary"},
                   {"peer", peer_},
                   {"sent", score_.sent.load()},
                   {"received", score_.received.load()},
                   {"lost", score_.lost()},
                   {"loss", score_.loss()},
                   {"duplicates", duplicates},
                   {"reordered", score_.reordered},
                   {"seconds", std::chrono::duration<double>{elapsed}.count()},
                   {"rtt_us", score_.round_trips.json()},
                   {"reason", error ? std::optional{error->message} : std::nullopt}});
    } else {
      output.line(fmt::format("{} sent to {}, {} came back: {:.4g}% lost, {}, {} out of order",
                              format_whole(score_.sent), peer_, format_whole(score_.received),
                              score_.loss() * 100, format_count(duplicates, "duplicate"),
                              format_whole(score_.reordered)));
      if (score_.received > 0) output.line("round trip: " + score_.round_trips.text());
    }
    if (!error) return output.finish(ExitCode::kDone);
    return output.fail_told(*error);
  }

  std::optional<Error> failure(const Client& client) {
    const auto failed = [](std::string words) {
      return Error{.code = ErrorCode::kTimedOut, .message = std::move(words)};
    };
    if (score_.received == 0 && client.last_hint() == ErrorCode::kRefused) {
      return Error{.code = ErrorCode::kRefused,
                   .message = fmt::format("{} refused: nothing listens on that port", peer_)};
    }
    if (score_.received == 0) {
      return failed(
          fmt::format("no echo from {}: the server may be down, or speak another protocol", peer_));
    }
    if (max_loss_ && score_.loss() > *max_loss_) {
      return failed(fmt::format("{:.4g}% of the datagrams were lost, more than {:.4g}%",
                                score_.loss() * 100, *max_loss_ * 100));
    }
    const auto p99 = score_.round_trips.quantile(0.99);
    if (p99_ && *p99 > *p99_) {
      return failed(fmt::format("99% of the round trips took up to {}, more than {}",
                                format_duration(*p99), format_duration(*p99_)));
    }
    return std::nullopt;
  }

  std::optional<std::string> host_;
  std::optional<std::uint64_t> count_;
  std::optional<Duration> interval_;
  std::optional<std::uint64_t> size_;
  std::optional<double> max_loss_;
  std::optional<Duration> p99_;
  std::string peer_;
  Score score_;
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // Of those on their way, by opaque.
};

}  // namespace

std::unique_ptr<Verb> make_ping() {
  return std::make_unique<Ping>();
}

}  // namespace volley::cli
