// Keeps many requests in flight from one clear-mode client, and counts the replies.

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <volley/client.hpp>

#include "bench/measure.hpp"

namespace {

/// So many requests in flight, each of whose handlers sends the next.
class Load {
 public:
  Load(volley::Client& client, std::size_t size) : client_{client}, body_(size) {}

  bool run(std::size_t in_flight, double seconds) {
    const auto begin = bench::monotonic_ns();
    const auto warm = begin + static_cast<std::int64_t>(seconds * 0.2e9);
    const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
    for (std::size_t i = 0; i < in_flight; ++i) ask();
    std::int64_t time = begin;
    std::uint64_t before = 0;
    std::int64_t from = 0;
    while (time < end && failed_ == 0) {
      if (auto done = client_.run_once(); !done) complain(done.error());
      time = bench::monotonic_ns();
      if (from == 0 && time >= warm) {
        from = time;
        before = replies_;
      }
    }
    const double rate =
        static_cast<double>(replies_ - before) / (static_cast<double>(time - from) / 1e9);
    std::printf("{\"rate\": %.0f, \"lost\": %llu, \"failed\": %llu}\n", rate,
                static_cast<unsigned long long>(client_.counters().expired),
                static_cast<unsigned long long>(failed_));
    return failed_ == 0;
  }

 private:
  void ask() {
    auto done = client_.submit(body_, [this](const volley::Answer& answer) {
      if (answer && answer.body.size() == body_.size()) {
        ++replies_;
      } else {
        ++failed_;
      }
      ask();
    });
    if (!done) complain(done.error());
  }

  void complain(const volley::Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    ++failed_;
  }

  volley::Client& client_;
  std::vector<std::byte> body_;
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: clear_load PORT SECONDS IN_FLIGHT SIZE\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto in_flight = static_cast<std::size_t>(std::atoi(argv[3]));
  auto client = volley::Client::open({volley::IpAddress::v4(127, 0, 0, 1), port},
                                     {.window = in_flight, .idle = volley::Idle::kSpin});
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  Load load{*client, static_cast<std::size_t>(std::atoi(argv[4]))};
  return load.run(in_flight, bench::seconds_argument(argv[2])) ? 0 : 1;
}
