// A client and a server over a network that loses half of what the client sends.
//
//   udp_remote server ADDRESS[:PORT]   listen, 0.0.0.0 is everywhere, and pretend to lose half
//   udp_remote client HOST[:PORT]      ask, wait 0.1 s, ask again, wait twice as long, give up

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include <volley/volley.hpp>

namespace {

using namespace std::chrono_literals;

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

/// What a datagram says, safe to show: its bytes may hold what drives a terminal.
std::string shown(volley::Bytes bytes) {
  std::string text{volley::as_text(bytes)};
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

int serve(const volley::Endpoint& address) {
  const auto answer = [](const volley::Datagram& request, volley::RawReply& reply) {
    std::cout << "The client at " << request.peer.to_string() << " says '" << shown(request.payload)
              << "'\n"
              << std::flush;
    const std::string text =
        "Your data was " + std::to_string(request.payload.size()) + " bytes long";
    reply.send(volley::as_bytes(text));
  };
  auto server =
      volley::RawServer::bind(address, answer, {.drop = 0.5, .seed = std::random_device{}()});
  if (!server) return fail(server.error());
  std::cout << "Listening at " << server->local().to_string() << ", and losing half of what comes"
            << '\n'
            << std::flush;
  const auto done = server->run();
  return done ? EXIT_SUCCESS : fail(done.error());
}

int ask(const volley::Endpoint& address) {
  // Waits of 0.1, 0.2, 0.4, 0.8 and 1.6 s; the next would be longer than 2 s.
  constexpr volley::RetryPolicy kPolicy{.first_wait = 100ms,
                                        .floor = 100ms,
                                        .cap = 2s,
                                        .give_up = 1h,
                                        .max_attempts = 5,
                                        .jitter = 0.0,
                                        .adaptive = false};
  const auto tell = [](unsigned, volley::Duration wait) {
    std::cout << "Waiting up to " << std::chrono::duration<double>{wait}.count()
              << " seconds for a reply" << '\n'
              << std::flush;
  };
  auto client = volley::RawClient::open(address, {.policy = kPolicy, .on_wait = tell});
  if (!client) return fail(client.error());
  const auto answer = client->request(volley::as_bytes("This is another message"));
  if (!answer) return fail(answer.error());
  if (!*answer) return fail(*answer->error);  // "... the server may be down"
  std::cout << "The server says '" << shown(answer->body) << "'\n";
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (argc != 3 || (role != "server" && role != "client")) {
    std::cerr << "usage: udp_remote server|client HOST[:PORT]\n";
    return 2;
  }
  const auto addresses = volley::resolve(argv[2]);
  if (!addresses) return fail(addresses.error());
  return role == "server" ? serve(addresses->front()) : ask(addresses->front());
}
