#pragma once

#include <functional>
#include <string>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/udp_socket.hpp>

namespace volley {

/// The sockets of one server's workers.
struct WorkerBinding {
  unsigned workers = 1;
  std::string device{};
  bool dual_stack = true;
  std::function<Result<void>(UdpSocket&)>
      prepare{};  ///< Run on each socket, after our own options.
};

/// One socket for each worker, all on one address, which no other server has or can get: the first
/// bind is exclusive, and only then may the socket's own program join it. Fails as UdpSocket::bind
/// does, and with kInvalid for a number of workers that is not possible.
[[nodiscard]] Result<std::vector<UdpSocket>> open_worker_sockets(const Endpoint& local,
                                                                 const WorkerBinding& binding);

}  // namespace volley
