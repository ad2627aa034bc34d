// The bare ping client in the clear mode, as a user of the library writes it: one request at a
// time, each executed at most once.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <volley/client.hpp>

#include "bench/measure.hpp"

namespace {

void complain(const volley::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: clear_ping blocking|spinning PORT SECONDS\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  volley::ClientOptions options;
  if (std::string_view{argv[1]} == "spinning") options.idle = volley::Idle::kSpin;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  auto client =
      volley::Client::open({volley::IpAddress::v4(127, 0, 0, 1), port}, std::move(options));
  if (!client) {
    complain(client.error());
    return 1;
  }
  return bench::measure_round_trips(bench::seconds_argument(argv[3]), [&](volley::Bytes request) {
    const auto answer = client->request(request);
    if (!answer) complain(answer.error());
    return answer && *answer ? answer->body : volley::Bytes{};
  });
}
