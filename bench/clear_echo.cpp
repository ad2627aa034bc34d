// The echo server of the clear mode, as a user of the library writes it. SIGTERM ends it, and it
// prints what it remembered then.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <volley/server.hpp>

#include "bench/measure.hpp"

namespace {

volley::Server* running = nullptr;  // For the signal handler.

void print_memory(const volley::ServerCounters& counters) {
  std::printf("{\"contexts\": %llu, \"bytes\": %llu, \"limit\": %zu}\n",
              static_cast<unsigned long long>(counters.contexts),
              static_cast<unsigned long long>(counters.bytes), volley::ServerLimits{}.memory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: clear_echo blocking|spinning [DROP_PERCENT]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  volley::ServerOptions options;
  if (std::string_view{argv[1]} == "spinning") options.idle = volley::Idle::kSpin;
  if (argc == 3) options.drop = std::atof(argv[2]) / 100;
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
  running = &*server;
  std::signal(SIGTERM, [](int) { running->stop(); });
  std::printf("listening on %s\n", server->local().to_string().c_str());
  std::fflush(stdout);
  const auto end = server->run();
  if (!end) std::fprintf(stderr, "%s\n", end.error().message.c_str());
  print_memory(server->counters());
  return end ? 0 : 1;
}
