#include "runtime/worker_sockets.hpp"

#include <fmt/format.h>

#include <utility>

#include <volley/options.hpp>

namespace volley {
namespace {

Result<UdpSocket> open_worker(const Endpoint& local, const WorkerBinding& binding, bool share) {
  auto socket = UdpSocket::bind(
      local, {.device = binding.device, .dual_stack = binding.dual_stack, .reuse_port = share});
  if (!socket) return socket;
  // A kernel without it brings datagrams one by one, which is as right and only slower.
  [[maybe_unused]] const auto coalescing = socket->set_coalescing(true);
  if (auto done = socket->set_receive_room(); !done) return std::unexpected(done.error());
  if (!binding.prepare) return socket;
  if (auto done = binding.prepare(*socket); !done) return std::unexpected(done.error());
  return socket;
}

}  // namespace

Result<std::vector<UdpSocket>> open_worker_sockets(const Endpoint& local,
                                                   const WorkerBinding& binding) {
  if (binding.workers < 1 || binding.workers > kMostWorkers) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              fmt::format("cannot serve with {} workers: from 1 to {} are possible",
                          binding.workers, kMostWorkers)});
  }
  std::vector<UdpSocket> sockets;
  auto first = open_worker(local, binding, false);
  if (!first) return std::unexpected(first.error());
  sockets.push_back(std::move(*first));
  if (binding.workers == 1) return sockets;

  // The kernel asks both sides at a bind: from now on sockets of this user that share too may join.
  if (auto done = sockets.front().set_option("SO_REUSEPORT=1"); !done)
    return std::unexpected(done.error());
  const auto taken = sockets.front().local();
  if (!taken) return std::unexpected(taken.error());
  while (sockets.size() < binding.workers) {
    auto socket = open_worker(*taken, binding, true);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace volley
