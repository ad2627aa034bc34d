// Answers every datagram with itself, one at a time: two system calls a round trip. It serves
// anybody, so it is not connected; a server connected to its one client would save a route look-up
// and be no server.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: limit_ping_server blocking|spinning\n");
    return 2;
  }
  const int flags = std::strcmp(argv[1], "spinning") == 0 ? MSG_DONTWAIT : 0;
  alarm(bench::kLifetimeSeconds);
  const int fd = bench::open_server();

  std::array<std::byte, 2048> body{};
  sockaddr_in peer{};
  auto* const name = reinterpret_cast<sockaddr*>(&peer);
  while (true) {
    socklen_t size = sizeof peer;
    const auto length = recvfrom(fd, body.data(), body.size(), flags, name, &size);
    if (length < 0) {
      if (errno == EAGAIN) continue;
      bench::fail("recvfrom");
    }
    if (sendto(fd, body.data(), static_cast<std::size_t>(length), 0, name, size) < 0) {
      bench::fail("sendto");
    }
  }
}
