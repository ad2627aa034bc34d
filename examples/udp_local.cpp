// A client and a server on one machine.
//
//   udp_local server [PORT]
//   udp_local client [PORT]

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>

#include <volley/volley.hpp>

namespace {

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
  auto server = volley::RawServer::bind(address, answer);
  if (!server) return fail(server.error());
  std::cout << "Listening at " << server->local().to_string() << '\n' << std::flush;
  const auto done = server->run();
  return done ? EXIT_SUCCESS : fail(done.error());
}

int ask(const volley::Endpoint& address) {
  // Connected: the kernel lets nobody else's datagram through, so this client is not promiscuous.
  auto socket = volley::UdpSocket::open_connected(address);
  if (!socket) return fail(socket.error());
  const std::time_t now = std::time(nullptr);
  std::string text = std::string{"The time is "} + std::ctime(&now);
  text.pop_back();
  if (const auto sent = socket->send(volley::as_bytes(text)); !sent) return fail(sent.error());
  std::cout << "The OS assigned me the address " << socket->local()->to_string() << '\n';

  volley::ReceiveBatch batch{{.slots = 1}};
  if (const auto came = socket->wait(volley::now() + std::chrono::seconds{2}); !came)
    return fail(came.error());
  if (const auto received = socket->receive(batch); !received) return fail(received.error());
  if (batch.datagrams().empty())
    return fail({volley::ErrorCode::kTimedOut, 0, "no answer within two seconds"});
  const volley::Datagram& reply = batch.datagrams().front();
  std::cout << "The server " << reply.peer.to_string() << " replied '" << shown(reply.payload)
            << "'\n";
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  const auto port = volley::service_port(argc > 2 ? argv[2] : "1060");
  if (!port) return fail(port.error());
  const volley::Endpoint address{volley::IpAddress::v4(127, 0, 0, 1), *port};
  if (role == "server") return serve(address);
  if (role == "client") return ask(address);
  std::cerr << "usage: udp_local server|client [PORT]\n";
  return 2;
}
