// Many requests in flight from one UDP socket, with Asio.

#include <asio.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>

#include "bench/limit/socket.hpp"
#include "bench/peers/load.hpp"

namespace {

class Client {
 public:
  Client(asio::io_context& context, const bench::LoadOptions& options)
      : context_{context}, socket_{context, asio::ip::udp::v4()}, timer_{context}, load_{options} {
    bench::set_receive_room(socket_.native_handle(), bench::kReceiveRoom);
    socket_.non_blocking(true);
    socket_.connect({asio::ip::address_v4::loopback(), options.port});
  }

  int run() {
    send_all();
    receive();
    watch();
    context_.run();
    return load_.finish();
  }

 private:
  void send(std::size_t slot) {
    const auto body = load_.ask(slot);
    asio::error_code error;
    socket_.send(asio::buffer(body.data(), body.size()), 0, error);
    // A full queue is a loss like any other.
    if (error && error != asio::error::would_block) load_.fail(error.message().c_str());
  }

  void send_all() {
    for (std::size_t slot = 0; slot < load_.in_flight(); ++slot) send(slot);
  }

  /// The first asynchronously, and what has arrived with it at once.
  void receive() {
    socket_.async_receive(asio::buffer(reply_), [this](asio::error_code error, std::size_t size) {
      for (int i = 0; !error && i < bench::kMostTaken && !load_.over(); ++i) {
        take(size);
        size = socket_.receive(asio::buffer(reply_), 0, error);
      }
      if (!error) take(size);
      if (error && error != asio::error::would_block) load_.fail(error.message().c_str());
      load_.over() ? context_.stop() : receive();
    });
  }

  void take(std::size_t size) {
    const auto slot = load_.take(std::span{reply_}.first(size));
    if (slot && !load_.over()) send(*slot);
  }

  void watch() {
    timer_.expires_after(std::chrono::milliseconds{bench::kTickMs});
    timer_.async_wait([this](const asio::error_code&) {
      if (load_.look_for_loss()) send_all();
      load_.over() ? context_.stop() : watch();
    });
  }

  asio::io_context& context_;
  asio::ip::udp::socket socket_;
  asio::steady_timer timer_;
  bench::Load load_;
  std::array<std::byte, 2048> reply_{};
};

}  // namespace

int main(int argc, char** argv) try {
  const auto options = bench::load_options(argc, argv);
  asio::io_context context{ASIO_CONCURRENCY_HINT_UNSAFE};  // One thread: no locks.
  return Client{context, options}.run();
} catch (const std::exception& reason) {
  std::fprintf(stderr, "%s\n", reason.what());
  return 1;
}
