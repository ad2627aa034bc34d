// Asks a DNS server for the IPv4 addresses of a name.
//
//   dns_query SERVER[:PORT] NAME

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include <volley/volley.hpp>

[[noreturn]] static void die(std::string_view why, int code = 1) {
  std::cerr << why << '\n';
  std::exit(code);
}

/// A recursive query of type A, class IN (RFC 1035 §4), its ID left to Volley.
static std::string query(std::string_view name) {
  std::string out("\0\0\1\0\0\1\0\0\0\0\0\0", 12);
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('.'));
    if (part.empty() || part.size() > 63 || out.size() + part.size() > 265) die("error: bad name");
    out.append(1, static_cast<char>(part.size())).append(part);
    name = part == name ? "" : name.substr(part.size() + 1);
  }
  return out.append("\0\0\1\0\1", 5);
}

static std::string_view take(std::string_view& in, std::size_t size) {
  if (size > in.size()) die("error: the answer is cut short");
  return std::exchange(in, in.substr(size)).substr(0, size);
}

static unsigned number(std::string_view& in, std::size_t size) {
  unsigned value = 0;
  for (const char byte : take(in, size)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

int main(int argc, char** argv) {
  if (argc != 3) die("usage: dns_query SERVER[:PORT] NAME", 2);
  const std::string asked = query(argv[2]);
  const auto servers = volley::resolve(argv[1], {.default_port = 53});
  if (!servers) die("error: " + servers.error().message);
  // Bytes 0 and 1 are the ID: fresh and unpredictable each time, and only its answer counts.
  const volley::Matcher matcher{{.offset = 0, .size = 2, .reply_offset = 0, .random = true}};
  auto client = volley::RawClient::open(servers->front(), {.matcher = matcher});
  if (!client) die("error: " + client.error().message);
  const auto answer = client->request(volley::as_bytes(asked));
  if (!answer || !*answer) die("error: " + (answer ? *answer->error : answer.error()).message);

  std::string_view reply = volley::as_text(answer->body).substr(2);
  const unsigned flags = number(reply, 2);
  if (flags % 16 != 0) die("error: DNS code is " + std::to_string(flags % 16) + " for " + argv[2]);
  if ((flags & 0x0200) != 0) die("error: the answer is too long for a datagram: ask by TCP");
  unsigned records = number(reply, 4) & 0xffff;  // After the number of questions.
  if (take(reply, asked.size() - 8).substr(4) != asked.substr(12)) die("error: not what was asked");
  std::string addresses;
  for (; records > 0; --records) {
    // The name, which may be an alias's (CNAME), ends with 0 or with a pointer to the rest of it.
    unsigned label = number(reply, 1);
    for (; label > 0 && label < 0xc0; label = number(reply, 1)) take(reply, label);
    if (label > 0) take(reply, 1);
    const bool is_address = number(reply, 4) == 0x0001'0001;  // Type A, class IN.
    take(reply, 4);
    std::string_view data = take(reply, number(reply, 2));
    if (!is_address || data.size() != 4) continue;
    for (const char end : {'.', '.', '.', '\n'}) addresses += std::to_string(number(data, 1)) + end;
  }
  if (addresses.empty()) die("error: no address in the answer");
  std::cout << addresses;
}
