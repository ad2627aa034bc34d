// A UDP echo server with libuv: it receives in batches, and sends each reply at once.

#include <netinet/in.h>
#include <uv.h>

#include "bench/peers/libuv_loop.hpp"
#include "bench/peers/load.hpp"

namespace {

void reply(uv_udp_t* handle, ssize_t size, const uv_buf_t* buffer, const sockaddr* sender,
           unsigned) {
  // Without a sender it only says that nothing more is there.
  if (sender == nullptr || size < 0) return;
  static_cast<bench::UvSocket*>(handle->data)
      ->send(buffer->base, static_cast<std::size_t>(size), sender);
}

}  // namespace

int main() {
  bench::UvSocket socket{nullptr};
  socket.handle()->data = &socket;
  sockaddr_in address{};
  bench::check_uv(uv_ip4_addr("127.0.0.1", 0, &address), "uv_ip4_addr");
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  bench::check_uv(uv_udp_bind(socket.handle(), name, 0), "uv_udp_bind");
  socket.start(reply);
  int size = sizeof address;
  bench::check_uv(uv_udp_getsockname(socket.handle(), name, &size), "uv_udp_getsockname");
  bench::announce(ntohs(address.sin_port));
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
