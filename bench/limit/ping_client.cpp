// Sends a datagram and waits for its echo, one in flight: two system calls a round trip, on a
// connected socket. It neither times out nor retries; should a datagram be lost, the alarm ends the
// program.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: limit_ping_client blocking|spinning PORT SECONDS\n");
    return 2;
  }
  const int flags = std::strcmp(argv[1], "spinning") == 0 ? MSG_DONTWAIT : 0;
  alarm(bench::kLifetimeSeconds);
  const int fd = bench::open_client(bench::port_argument(argv[2]));

  std::array<std::byte, 2048> reply{};
  return bench::measure_round_trips(
      bench::seconds_argument(argv[3]), [&](std::span<const std::byte> request) {
        if (send(fd, request.data(), request.size(), 0) < 0) bench::fail("send");
        while (true) {
          const auto length = recv(fd, reply.data(), reply.size(), flags);
          if (length >= 0)
            return std::span<const std::byte>{reply}.first(static_cast<std::size_t>(length));
          if (errno != EAGAIN) bench::fail("recv");
        }
      });
}
