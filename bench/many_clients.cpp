// Many clear-mode clients in one thread, each with a socket and a client ID of its own and a few
// requests in flight, visited in turn. The thread never sleeps, as limit_load does not: that many
// clients against a bare server are its yardstick.
//
// They are cores and sockets, and not volley::Client objects: a Client brings batches for 4,096
// requests at once and waits for itself only, so a thread with a thousand of them would look at a
// thousand empty sockets for the one that has something.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/histogram.hpp"
#include "bench/loop_client.hpp"
#include "bench/measure.hpp"

namespace {

constexpr int kMostClients = 1'000;  // 1,024 descriptors is the usual limit.

class ManyClients {
 public:
  ManyClients(std::size_t in_flight, std::size_t size) : in_flight_{in_flight}, body_(size) {}

  volley::Result<void> open(const volley::Endpoint& server, std::size_t clients) {
    clients_.reserve(clients);
    for (std::size_t i = 0; i < clients; ++i) {
      auto client = bench::LoopClient::open(server, in_flight_);
      if (!client) return std::unexpected(client.error());
      clients_.push_back(std::move(*client));
    }
    return {};
  }

  bool run(double seconds) {
    const auto span = bench::Span::of(seconds);
    volley::Instant time = span.begin;
    for (bench::LoopClient& client : clients_) {
      for (std::size_t i = 0; i < in_flight_; ++i) ask(client, time);
      client.send(batches_, time);
    }
    std::uint64_t before = 0;
    volley::Instant from = span.begin;
    while ((time < span.end || time == from) && failed_ == 0) {
      for (bench::LoopClient& client : clients_) visit(client);
      time = volley::now();
      if (warm_ || time < span.warm) continue;
      warm_ = true;
      before = replies_;
      from = time;
    }
    std::uint64_t lost = 0;
    for (bench::LoopClient& client : clients_) lost += client.core().counters().expired;
    std::printf("{\"rate\": %.0f, \"lost\": %llu, \"failed\": %llu, ",
                static_cast<double>(replies_ - before) / bench::seconds_of(time - from),
                static_cast<unsigned long long>(lost), static_cast<unsigned long long>(failed_));
    histogram_.print_members();
    std::printf("}\n");
    return failed_ == 0;
  }

 private:
  void visit(bench::LoopClient& client) {
    const auto now =
        client.receive(batches_, [&](const volley::Answer& answer, volley::Instant time) {
          const bool right = answer && answer.body.size() == body_.size();
          ++(right ? replies_ : failed_);
          // Each is planned for the moment in which the one before was answered.
          if (warm_) histogram_.record(answer.elapsed.count());
          ask(client, time);
        });
    client.send(batches_, now);
  }

  void ask(bench::LoopClient& client, volley::Instant time) {
    if (!client.core().request(body_, {}, time)) ++failed_;
  }

  std::size_t in_flight_;
  std::vector<std::byte> body_;
  std::vector<bench::LoopClient> clients_;
  bench::Batches batches_;
  bench::Histogram histogram_;
  bool warm_ = false;
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: many_clients PORT SECONDS CLIENTS IN_FLIGHT SIZE\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto clients = static_cast<std::size_t>(std::clamp(std::atoi(argv[3]), 1, kMostClients));
  const auto in_flight = static_cast<std::size_t>(std::clamp(std::atoi(argv[4]), 1, 65'536));
  ManyClients many{in_flight, static_cast<std::size_t>(std::atoi(argv[5]))};
  if (auto done = many.open({volley::IpAddress::v4(127, 0, 0, 1), port}, clients); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
  }
  return many.run(bench::seconds_argument(argv[2])) ? 0 : 1;
}
