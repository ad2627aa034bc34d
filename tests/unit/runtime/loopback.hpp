#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include <volley/clock.hpp>
#include <volley/endpoint.hpp>
#include <volley/udp_socket.hpp>

namespace volley {

inline const Endpoint kLoopback{IpAddress::v4(127, 0, 0, 1), 0};

inline Endpoint closed_port() {
  return *UdpSocket::bind(kLoopback)->local();
}

/// Awaits what must come soon.
inline bool soon(const std::function<bool()>& condition) {
  const Instant end = now() + std::chrono::seconds{10};
  for (; now() < end; std::this_thread::sleep_for(std::chrono::milliseconds{1})) {
    if (condition()) return true;
  }
  return condition();
}

}  // namespace volley
