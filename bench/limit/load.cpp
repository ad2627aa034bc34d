// Loads any echo server: many client sockets, a few requests in flight on each, the next sent when
// one is answered. Prints the answers a second. Never sleeps, so that the server is what limits the
// rate; `bench/run` prints how busy the server was, which says whether that is so.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

namespace {

constexpr std::size_t kMostInFlight = 64;
constexpr int kMostSockets = 1'000;  // 1,024 descriptors is the usual limit.
constexpr std::int64_t kLostAfter =
    50'000'000;  // ns without an answer on a socket with requests in flight.

using Body = std::array<std::byte, bench::kBodySize>;

struct Client {
  int fd = -1;
  std::uint64_t mark = 0;  // What its bodies begin with: nobody else's answer counts.
  unsigned in_flight = 0;
  std::int64_t heard = 0;
};

class Load {
 public:
  Load(std::uint16_t port, std::size_t sockets, unsigned in_flight)
      : clients_(sockets), in_flight_{in_flight} {
    for (std::size_t i = 0; i < in_flight; ++i) {
      out_buffers_[i] = {request_.data(), request_.size()};
      out_[i].msg_hdr.msg_iov = &out_buffers_[i];
      in_buffers_[i] = {replies_[i].data(), replies_[i].size()};
      in_[i].msg_hdr.msg_iov = &in_buffers_[i];
      out_[i].msg_hdr.msg_iovlen = in_[i].msg_hdr.msg_iovlen = 1;
    }
    for (std::size_t i = 0; i < sockets; ++i) {
      clients_[i] = {.fd = bench::open_client(port), .mark = i + 1};
    }
  }

  std::uint64_t answered() const { return answered_; }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t wrong() const { return wrong_; }

  /// Visits every client once: takes its answers and sends as many requests again.
  void turn(std::int64_t now) {
    for (Client& client : clients_) {
      const int count = recvmmsg(client.fd, in_.data(), in_flight_, MSG_DONTWAIT, nullptr);
      if (count > 0) {
        take(client, static_cast<unsigned>(count));
        client.heard = now;
      } else if (client.in_flight > 0 && now - client.heard > kLostAfter) {
        lost_ += client.in_flight;
        client.in_flight = 0;
      }
      if (client.in_flight < in_flight_) send(client, now);
    }
  }

 private:
  void take(Client& client, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const bool mine = in_[i].msg_len == bench::kBodySize &&
                        std::memcmp(replies_[i].data(), &client.mark, sizeof client.mark) == 0;
      ++(mine ? answered_ : wrong_);
    }
    client.in_flight -= std::min(count, client.in_flight);
  }

  void send(Client& client, std::int64_t now) {
    std::memcpy(request_.data(), &client.mark, sizeof client.mark);
    const int sent = sendmmsg(client.fd, out_.data(), in_flight_ - client.in_flight, 0);
    if (sent < 0) bench::fail("sendmmsg");
    if (client.in_flight == 0) client.heard = now;
    client.in_flight += static_cast<unsigned>(sent);
  }

  std::vector<Client> clients_;
  unsigned in_flight_;
  std::uint64_t answered_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t wrong_ = 0;
  Body request_{};
  std::array<Body, kMostInFlight> replies_{};
  std::array<iovec, kMostInFlight> out_buffers_{};
  std::array<iovec, kMostInFlight> in_buffers_{};
  std::array<mmsghdr, kMostInFlight> out_{};
  std::array<mmsghdr, kMostInFlight> in_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) {
    std::fprintf(stderr, "usage: limit_load PORT SECONDS [SOCKETS IN_FLIGHT]\n");
    return 2;
  }
  const auto seconds = bench::seconds_argument(argv[2]);
  const int sockets = argc == 5 ? std::clamp(std::atoi(argv[3]), 1, kMostSockets) : 256;
  const int in_flight =
      argc == 5 ? std::clamp(std::atoi(argv[4]), 1, static_cast<int>(kMostInFlight)) : 4;
  alarm(bench::kLifetimeSeconds);
  Load load{bench::port_argument(argv[1]), static_cast<std::size_t>(sockets),
            static_cast<unsigned>(in_flight)};

  const auto length = static_cast<std::int64_t>(seconds * 1e9);
  const auto begin = bench::monotonic_ns();
  const auto warm = begin + length / 10;
  auto now = begin;
  for (; now < warm; now = bench::monotonic_ns()) load.turn(now);
  const auto answered_warm = load.answered();
  const auto measured_from = now;
  for (; now < begin + length; now = bench::monotonic_ns()) load.turn(now);

  const auto answered = load.answered() - answered_warm;
  std::printf("{\"rate\": %.0f, \"lost\": %llu, \"wrong\": %llu}\n",
              static_cast<double>(answered) * 1e9 / static_cast<double>(now - measured_from),
              static_cast<unsigned long long>(load.lost()),
              static_cast<unsigned long long>(load.wrong()));
  return answered == 0 || load.wrong() != 0 ? 1 : 0;
}
