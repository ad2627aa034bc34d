// Does a client that pipelines starve the others? 99 clients with one request in flight each, and
// beside them, if asked for, one that keeps 4,096 in flight. Prints how long the 99 waited for the
// server.
//
// All are visited in turn by one thread, the greedy client as one of a hundred: so its requests are
// always at the server together with theirs, which they would not be if the scheduler gave one
// processor to two programs by turns of milliseconds. And a request's time ends when the kernel
// puts the reply into its client's socket, while the server sends it, by the kernel's own stamp
// (SO_TIMESTAMPNS): what this thread does then, taking in the greedy client's replies among it, is
// not counted. It begins just before the request is sent. What is left is the time in the server's
// socket and the server.

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include <volley/client.hpp>

#include "bench/histogram.hpp"
#include "bench/loop_client.hpp"
#include "bench/measure.hpp"

namespace {

constexpr std::size_t kOthers = 99;

struct Other {
  bench::LoopClient client;
  volley::WallTime sent{};
  bool asks = false;  // The next request is to be sent.
};

/// One client that has the next request ready as soon as one is answered.
class Greedy {
 public:
  static volley::Result<volley::Client> open(const volley::Endpoint& server,
                                             std::size_t in_flight) {
    return volley::Client::open(server, {.window = in_flight, .idle = volley::Idle::kSpin});
  }
  Greedy(volley::Client client, std::size_t in_flight) : client_{std::move(client)} {
    for (std::size_t i = 0; i < in_flight; ++i) ask();
  }
  Greedy(const Greedy&) = delete;
  Greedy& operator=(const Greedy&) = delete;

  /// Takes in what has come, and sends as many requests again.
  void turn() {
    if (!client_.run_once(volley::now())) ++failed_;
  }
  std::uint64_t replies() const { return replies_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void ask() {
    auto done = client_.submit(body_, [this](const volley::Answer& answer) {
      ++(answer ? replies_ : failed_);
      ask();
    });
    if (!done) ++failed_;
  }

  volley::Client client_;
  std::array<std::byte, bench::kBodySize> body_{};
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
};

class Others {
 public:
  volley::Result<void> open(const volley::Endpoint& server) {
    others_.reserve(kOthers);
    for (std::size_t i = 0; i < kOthers; ++i) {
      auto client = bench::LoopClient::open(server, 1);
      if (!client) return std::unexpected(client.error());
      if (auto done = client->socket().set_detail({.time = true}); !done) return done;
      others_.push_back({.client = std::move(*client)});
      ask(others_.back(), volley::now());
    }
    return {};
  }

  /// Visits each once: takes its reply and sends the next request.
  void turn(bool warm) {
    for (Other& other : others_) visit(other, warm);
  }

  std::uint64_t replies() const { return replies_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t lost() {
    std::uint64_t sum = 0;
    for (Other& other : others_) sum += other.client.core().counters().expired;
    return sum;
  }
  const bench::Histogram& histogram() const { return histogram_; }

 private:
  void visit(Other& other, bool warm) {
    const auto now =
        other.client.receive(batches_, [&](const volley::Answer& answer, volley::Instant time) {
          ++(answer ? replies_ : failed_);
          // With one in flight the datagram that brought the answer is the last that came.
          const auto arrivals = batches_.in.arrivals();
          if (warm && !arrivals.empty() && arrivals.back().time)
            histogram_.record((*arrivals.back().time - other.sent).count());
          ask(other, time);
        });
    // A copy that is sent again does not begin anew.
    if (other.asks) other.sent = std::chrono::system_clock::now();
    other.asks = false;
    other.client.send(batches_, now);
  }

  void ask(Other& other, volley::Instant time) {
    if (!other.client.core().request(body_, {}, time)) ++failed_;
    other.asks = true;
  }

  std::vector<Other> others_;
  std::array<std::byte, bench::kBodySize> body_{};
  bench::Batches batches_;
  bench::Histogram histogram_;
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
};

bool run(Others& others, std::optional<Greedy>& greedy, double seconds) {
  const auto span = bench::Span::of(seconds);
  std::uint64_t before = 0;
  std::uint64_t greedy_before = 0;
  volley::Instant from = span.begin;
  volley::Instant time = span.begin;
  bool warm = false;
  const auto failed = [&] { return others.failed() + (greedy ? greedy->failed() : 0); };
  while ((time < span.end || time == from) && failed() == 0) {
    if (greedy) greedy->turn();
    others.turn(warm);
    time = volley::now();
    if (warm || time < span.warm) continue;
    warm = true;
    before = others.replies();
    greedy_before = greedy ? greedy->replies() : 0;
    from = time;
  }
  const double length = bench::seconds_of(time - from);
  const auto greedy_replies = greedy ? greedy->replies() - greedy_before : 0;
  std::printf("{\"rate\": %.0f, \"greedy_rate\": %.0f, \"lost\": %llu, \"failed\": %llu, ",
              static_cast<double>(others.replies() - before) / length,
              static_cast<double>(greedy_replies) / length,
              static_cast<unsigned long long>(others.lost()),
              static_cast<unsigned long long>(failed()));
  others.histogram().print_members();
  std::printf("}\n");
  return failed() == 0;
}

int fail(const volley::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: fair_load PORT SECONDS [GREEDY_IN_FLIGHT]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const volley::Endpoint server{volley::IpAddress::v4(127, 0, 0, 1),
                                static_cast<std::uint16_t>(std::atoi(argv[1]))};
  const auto in_flight = static_cast<std::size_t>(argc == 4 ? std::atoi(argv[3]) : 0);
  Others others;
  if (auto done = others.open(server); !done) return fail(done.error());
  std::optional<Greedy> greedy;
  if (in_flight > 0) {
    auto client = Greedy::open(server, in_flight);
    if (!client) return fail(client.error());
    greedy.emplace(std::move(*client), in_flight);
  }
  return run(others, greedy, bench::seconds_argument(argv[2])) ? 0 : 1;
}
