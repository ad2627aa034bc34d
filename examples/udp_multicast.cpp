// One datagram to everyone who joined a group.
//
//   udp_multicast server GROUP[:PORT] [INTERFACE]   join the group and listen; several can
//   udp_multicast client GROUP[:PORT] [INTERFACE]   send to the group, by that interface

#include <algorithm>
#include <chrono>
#include <cstdint>
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

int listen(const volley::Endpoint& group, std::uint32_t interface) {
  auto socket = volley::UdpSocket::bind({volley::IpAddress::any(group.family()), group.port()},
                                        {.reuse_address = true});
  if (!socket) return fail(socket.error());
  const auto joined = socket->join({.group = group.address(), .interface = interface});
  if (!joined) return fail(joined.error());
  std::cout << "Listening to " << group.to_string() << '\n' << std::flush;
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

int send(const volley::Endpoint& group, std::uint32_t interface) {
  auto socket = volley::UdpSocket::bind({volley::IpAddress::any(group.family()), 0});
  if (!socket) return fail(socket.error());
  if (interface != 0) {
    if (const auto set = socket->set_multicast_interface(interface); !set) return fail(set.error());
  }
  // A TTL of 1, the default, stays on this network; each multicast router on the way takes one off.
  const auto sent = socket->send_to(volley::as_bytes("Multicast datagram!"), group);
  return sent ? EXIT_SUCCESS : fail(sent.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (argc < 3 || argc > 4 || (role != "server" && role != "client")) {
    std::cerr << "usage: udp_multicast server|client GROUP[:PORT] [INTERFACE]\n";
    return 2;
  }
  const auto groups = volley::resolve(argv[2]);
  if (!groups) return fail(groups.error());
  const auto interface =
      argc == 4 ? volley::interface_index(argv[3]) : volley::Result<std::uint32_t>{0};
  if (!interface) return fail(interface.error());
  return role == "server" ? listen(groups->front(), *interface) : send(groups->front(), *interface);
}
