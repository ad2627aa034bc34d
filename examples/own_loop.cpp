// The client core under an event loop of one's own: here a socket and poll(), but it could be any.
// The core has no socket, no clock and no thread; this is all it needs.
//
//   own_loop ADDR:PORT QUESTION

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

#include <volley/volley.hpp>

namespace {

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

/// Client IDs must not be guessed: from the system, never from a seed.
std::uint64_t draw_secret() {
  static std::random_device entropy;
  return std::uint64_t{entropy()} << 32U | entropy();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: own_loop ADDR:PORT QUESTION\n";
    return 2;
  }
  const auto server = volley::Endpoint::parse(argv[1]);
  if (!server) return fail(server.error());
  auto socket = volley::UdpSocket::open_connected(*server);
  if (!socket) return fail(socket.error());

  volley::ClientCore core{{.server = *server, .draw_secret = draw_secret}};
  if (const auto asked = core.request(volley::as_bytes(argv[2]), {}, volley::now()); !asked)
    return fail(asked.error());

  volley::ReceiveBatch in;
  volley::SendBatch out;
  while (true) {
    // Out: whatever the core has to send.
    while (auto transmit = core.poll_transmit(out.space(), volley::now())) {
      transmit->peer = {};  // The socket is connected.
      out.commit(*transmit);
    }
    if (const auto sent = socket->send(out); !sent)
      core.handle_hint(sent.error().code, volley::now());

    // Wait for a datagram or the next timer; in.
    if (const auto woken = socket->wait(*core.next_timeout()); !woken) return fail(woken.error());
    if (const auto got = socket->receive(in); !got)
      core.handle_hint(got.error().code, volley::now());
    const volley::Instant now = volley::now();  // Read after the datagrams were.
    for (const volley::Datagram& datagram : in.datagrams()) core.handle_datagram(datagram, now);
    core.handle_timeout(now);

    while (const auto event = core.poll_event()) {
      if (!event->answer) continue;
      std::cout << volley::describe(*event->answer, *server) << '\n'
                << volley::as_text(event->answer->body) << '\n';
      return *event->answer ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  }
}
