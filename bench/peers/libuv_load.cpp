// Many requests in flight from one UDP socket, with libuv.

#include <netinet/in.h>
#include <uv.h>

#include <cstddef>
#include <span>

#include "bench/peers/libuv_loop.hpp"
#include "bench/peers/load.hpp"

namespace {

class Client {
 public:
  explicit Client(const bench::LoadOptions& options) : socket_{this}, load_{options} {
    sockaddr_in server{};
    bench::check_uv(uv_ip4_addr("127.0.0.1", options.port, &server), "uv_ip4_addr");
    bench::check_uv(uv_udp_connect(socket_.handle(), reinterpret_cast<const sockaddr*>(&server)),
                    "uv_udp_connect");
    socket_.start(
        [](uv_udp_t* handle, ssize_t size, const uv_buf_t* buffer, const sockaddr* sender,
           unsigned) { static_cast<Client*>(handle->data)->receive(size, buffer->base, sender); });
    bench::check_uv(uv_timer_init(uv_default_loop(), &timer_), "uv_timer_init");
    timer_.data = this;
  }

  int run() {
    send_all();
    const auto tick = [](uv_timer_t* timer) { static_cast<Client*>(timer->data)->tick(); };
    bench::check_uv(uv_timer_start(&timer_, tick, bench::kTickMs, bench::kTickMs),
                    "uv_timer_start");
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return load_.finish();
  }

 private:
  void send(std::size_t slot) {
    const auto body = load_.ask(slot);
    socket_.send(reinterpret_cast<const char*>(body.data()), body.size(), nullptr);
  }

  void send_all() {
    for (std::size_t slot = 0; slot < load_.in_flight(); ++slot) send(slot);
  }

  void receive(ssize_t size, const char* data, const sockaddr* sender) {
    if (size < 0) {
      load_.fail(uv_strerror(static_cast<int>(size)));
    } else if (sender == nullptr) {
      return;  // Nothing more is there.
    } else if (const auto slot =
                   load_.take(std::as_bytes(std::span{data, static_cast<std::size_t>(size)}))) {
      send(*slot);
    }
    if (load_.over()) uv_stop(uv_default_loop());
  }

  void tick() {
    if (load_.look_for_loss()) send_all();
    if (load_.over()) uv_stop(uv_default_loop());
  }

  bench::UvSocket socket_;
  uv_timer_t timer_{};
  bench::Load load_;
};

}  // namespace

int main(int argc, char** argv) {
  return Client{bench::load_options(argc, argv)}.run();
}
