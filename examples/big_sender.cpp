// Tries to send 65,000 bytes in one unfragmented datagram, and says what the path takes when they
// do not fit.
//
//   big_sender HOST[:PORT]

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <vector>

#include <volley/volley.hpp>

namespace {

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: big_sender HOST[:PORT]\n";
    return 2;
  }
  const auto addresses = volley::resolve(argv[1]);
  if (!addresses) return fail(addresses.error());
  auto socket = volley::UdpSocket::open_connected(addresses->front());
  if (!socket) return fail(socket.error());
  // Rather an error than fragments: the loss of any one fragment loses the whole datagram.
  const auto forbidden = socket->set_fragmentation(volley::Fragmentation::kForbid);
  if (!forbidden) return fail(forbidden.error());

  const std::vector<std::byte> big(65'000, std::byte{'#'});
  const auto sent = socket->send(big);
  if (sent) {
    std::cout << "The big datagram was sent!\n";
    return EXIT_SUCCESS;
  }
  if (sent.error().code != volley::ErrorCode::kTooLarge) return fail(sent.error());
  const auto mtu = socket->path_mtu();
  if (!mtu) return fail(mtu.error());
  std::cout << "Alas, the datagram did not make it\nActual MTU: " << *mtu << '\n';
  return EXIT_SUCCESS;
}
