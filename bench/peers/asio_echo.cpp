// A UDP echo server with Asio. An asynchronous receive waits for the first datagram; what has
// arrived with it is taken without going through the event loop, which would look for events
// between any two.

#include <asio.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>

#include "bench/limit/socket.hpp"
#include "bench/peers/load.hpp"

namespace {

class Server {
 public:
  explicit Server(asio::io_context& context)
      : socket_{context, {asio::ip::address_v4::loopback(), 0}} {
    bench::set_receive_room(socket_.native_handle(), bench::kReceiveRoom);
    socket_.non_blocking(true);
    bench::announce(socket_.local_endpoint().port());
  }

  void receive() {
    socket_.async_receive_from(
        asio::buffer(datagram_), sender_, [this](asio::error_code error, std::size_t size) {
          for (int i = 0; !error && i < bench::kMostTaken; ++i) {
            reply(size);
            size = socket_.receive_from(asio::buffer(datagram_), sender_, 0, error);
          }
          if (!error) reply(size);
          receive();
        });
  }

 private:
  /// At once and not as an operation of its own: a send over UDP does not wait for anybody.
  void reply(std::size_t size) {
    asio::error_code error;
    socket_.send_to(asio::buffer(datagram_, size), sender_, 0, error);
  }

  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint sender_;
  std::array<std::byte, 2048> datagram_{};
};

}  // namespace

int main() try {
  asio::io_context context{ASIO_CONCURRENCY_HINT_UNSAFE};  // One thread: no locks.
  Server server{context};
  server.receive();
  context.run();
} catch (const std::exception& reason) {
  std::fprintf(stderr, "%s\n", reason.what());
  return 1;
}
