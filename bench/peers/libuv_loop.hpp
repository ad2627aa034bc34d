#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/limit/socket.hpp"

namespace bench {

/// Ends the program if libuv's call failed.
inline void check_uv(int status, const char* what) {
  if (status >= 0) return;
  std::fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
  std::exit(1);
}

/// A UDP socket of the default loop that receives many datagrams with one system call (recvmmsg).
/// What is received goes to `receive`, with `owner` as the handle's data.
class UvSocket {
 public:
  explicit UvSocket(void* owner) {
    check_uv(uv_udp_init_ex(uv_default_loop(), &handle_, AF_INET | UV_UDP_RECVMMSG), "uv_udp_init");
    handle_.data = owner;
  }
  UvSocket(const UvSocket&) = delete;
  UvSocket& operator=(const UvSocket&) = delete;

  uv_udp_t* handle() { return &handle_; }

  /// Call it once the socket is bound or connected: before, there is none.
  void start(uv_udp_recv_cb receive) {
    uv_os_fd_t fd = -1;
    check_uv(uv_fileno(reinterpret_cast<const uv_handle_t*>(&handle_), &fd), "uv_fileno");
    set_receive_room(fd, kReceiveRoom);
    check_uv(uv_udp_recv_start(&handle_, allocate, receive), "uv_udp_recv_start");
  }

  /// Sends at once. False if the system did not take it: over UDP that is a loss.
  bool send(const char* data, std::size_t size, const sockaddr* to) {
    const uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(data), static_cast<unsigned>(size));  // NOLINT: its API.
    return uv_udp_try_send(&handle_, &buffer, 1, to) >= 0;
  }

 private:
  /// libuv gives each datagram of a batch 64 KiB of this, and takes twenty at most.
  static void allocate(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    constexpr std::size_t kDatagram = 65'536;
    static std::vector<char> room(20 * kDatagram);
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  }

  uv_udp_t handle_{};
};

}  // namespace bench
