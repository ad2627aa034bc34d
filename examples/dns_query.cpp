// Asks a DNS server for the IPv4 addresses of a name: dns_query SERVER[:PORT] NAME

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <volley/volley.hpp>

using volley::Bytes;

namespace {

int fail(std::string_view why) {
  std::cerr << "error: " << why << '\n';
  return EXIT_FAILURE;
}

/// A recursive query of type A, class IN (RFC 1035 §4). Its ID is left to Volley.
std::string query(std::string_view name) {
  std::string out("\0\0\1\0\0\1\0\0\0\0\0\0", 12);
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size()) + std::string{label};
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + std::string("\0\0\1\0\1", 5);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: dns_query SERVER[:PORT] NAME");
  const auto servers = volley::resolve(argv[1], {.default_port = 53});
  if (!servers) return fail(servers.error().message);
  // Bytes 0 and 1 are the ID: fresh and unpredictable each time, and only an answer that has it
  // counts.
  const volley::Matcher matcher{{.offset = 0, .size = 2, .reply_offset = 0, .random = true}};
  auto client = volley::RawClient::open(servers->front(), {.matcher = matcher});
  if (!client) return fail(client.error().message);
  const auto answer = client->request(volley::as_bytes(query(argv[2])));
  if (!answer) return fail(answer.error().message);
  if (!*answer) return fail(answer->error->message);

  const std::string_view reply = volley::as_text(answer->body);
  bool found = false;
  // An A record: a pointer to the name, type 1, class 1, a TTL, and an address of four bytes.
  for (std::size_t at = 12; at + 16 <= reply.size(); ++at) {
    if (reply.substr(at, 6) != std::string_view("\xc0\x0c\0\1\0\1", 6) ||
        reply.substr(at + 10, 2) != std::string_view("\0\4", 2))
      continue;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(reply[at + 12 + i]); };
    std::cout << volley::IpAddress::v4(byte(0), byte(1), byte(2), byte(3)).to_string() << '\n';
    found = true;
  }
  return found ? EXIT_SUCCESS : fail("no address for " + std::string{argv[2]});
}
