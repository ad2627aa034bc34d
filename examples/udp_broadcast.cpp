// One datagram to everyone on a subnet.
//
//   udp_broadcast server ADDRESS[:PORT]   listen; 0.0.0.0 hears every broadcast, and can be shared
//   udp_broadcast client NETWORK[:PORT]   send to a broadcast address, such as 192.168.1.255

#include <algorithm>
#include <chrono>
#include <cstdlib>
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

int listen(const volley::Endpoint& address) {
  auto socket = volley::UdpSocket::bind(address, {.reuse_address = true});
  if (!socket) return fail(socket.error());
  std::cout << "Listening for datagrams at " << socket->local()->to_string() << '\n' << std::flush;
  volley::ReceiveBatch batch;
  while (true) {
    if (const auto came = socket->wait(volley::now() + std::chrono::hours{1}); !came)
      return fail(came.error());
    if (const auto received = socket->receive(batch); !received) return fail(received.error());
    for (const volley::Datagram& datagram : batch.datagrams()) {
      std::cout << "The client at " << datagram.peer.to_string() << " says: '"
                << shown(datagram.payload) << "'\n"
                << std::flush;
    }
  }
}

int broadcast(const volley::Endpoint& network) {
  auto socket = volley::UdpSocket::bind({volley::IpAddress::any_v4(), 0});
  if (!socket) return fail(socket.error());
  // Without this the kernel refuses, so that nobody floods a network by a slip of the address.
  if (const auto set = socket->set_broadcast(true); !set) return fail(set.error());
  const auto sent = socket->send_to(volley::as_bytes("Broadcast datagram!"), network);
  return sent ? EXIT_SUCCESS : fail(sent.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (argc != 3 || (role != "server" && role != "client")) {
    std::cerr << "usage: udp_broadcast server|client ADDRESS[:PORT]\n";
    return 2;
  }
  const auto addresses = volley::resolve(argv[2], {.family = volley::Family::kIpv4});
  if (!addresses) return fail(addresses.error());
  return role == "server" ? listen(addresses->front()) : broadcast(addresses->front());
}
