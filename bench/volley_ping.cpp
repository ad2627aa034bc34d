// The bare ping client as a user of the library writes it: one request at a time, with all that
// RawClient does beside (deadline, retry, round-trip estimate, and with `match` an ID that the
// reply must bear).

#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>

#include <volley/raw_client.hpp>

#include "bench/measure.hpp"

namespace {

void complain(const volley::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bool match = argc == 5 && std::string_view{argv[4]} == "match";
  if (argc != 4 && !match) {
    std::fprintf(stderr, "usage: volley_ping blocking|spinning PORT SECONDS [match]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  volley::RawClientOptions options;
  if (std::string_view{argv[1]} == "spinning") options.idle = volley::Idle::kSpin;
  // measure_round_trips() numbers its questions in the first eight bytes.
  if (match) options.matcher = volley::Matcher{{.offset = 0, .size = 8, .reply_offset = 0}};
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  auto client =
      volley::RawClient::open({volley::IpAddress::v4(127, 0, 0, 1), port}, std::move(options));
  if (!client) {
    complain(client.error());
    return 1;
  }
  return bench::measure_round_trips(bench::seconds_argument(argv[3]), [&](volley::Bytes request) {
    const auto answer = client->request(request);
    if (!answer) complain(answer.error());
    // On a busy machine one may take a second attempt: a long round trip, which no median sees.
    return answer && *answer ? answer->body : volley::Bytes{};
  });
}
