// The echo server as a user of the library writes it. `volley serve --raw --reply echo` is the same
// behind a command line, but always sleeps when idle.

#include <unistd.h>

#include <cstdio>
#include <string_view>

#include <volley/raw_server.hpp>

#include "bench/measure.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: volley_echo blocking|spinning\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  volley::RawServerOptions options;
  if (std::string_view{argv[1]} == "spinning") options.idle = volley::Idle::kSpin;
  auto server = volley::RawServer::bind(
      {volley::IpAddress::v4(127, 0, 0, 1), 0},
      [](const volley::Datagram& request, volley::RawReply& reply) { reply.send(request.payload); },
      options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on %s\n", server->local().to_string().c_str());
  std::fflush(stdout);
  const auto end = server->run();
  if (!end) std::fprintf(stderr, "%s\n", end.error().message.c_str());
  return end ? 0 : 1;
}
