// The echo server of the clear mode, as a user of the library writes it.

#include <unistd.h>

#include <cstdio>
#include <string_view>

#include <volley/server.hpp>

#include "bench/measure.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: clear_echo blocking|spinning\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  volley::ServerOptions options;
  if (std::string_view{argv[1]} == "spinning") options.idle = volley::Idle::kSpin;
  options.limits.client_share = 1;  // One client has it all to itself.
  options.limits.address_share = 1;
  options.limits.running_per_client = 65'536;
  auto server = volley::Server::bind(
      {volley::IpAddress::v4(127, 0, 0, 1), 0},
      [](const volley::Execution& request, volley::Reply& reply) { reply.send(request.body); },
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
