#pragma once

#include <volley/batch.hpp>
#include <volley/raw_server.hpp>
#include <volley/udp_socket.hpp>

#include "base/counter.hpp"
#include "os/poller.hpp"
#include "runtime/lossy_port.hpp"
#include "runtime/receive_depth.hpp"

namespace volley {

/// One thread's share of a raw server: a socket, its batches, and the loop from one to the other.
class RawWorker {
 public:
  RawWorker(UdpSocket socket, const RawServerOptions& options, std::uint64_t seed);

  /// Serves until `stop` is raised. Fails when the socket breaks.
  [[nodiscard]] Result<void> run(const RawServer::Handler& handler, const os::StopFlag& stop);

  /// Adds this worker's counts. Any thread.
  void add_to(RawServerCounters& total) const;

  /// For answers from other threads: send_to() is safe from any.
  const UdpSocket& socket() { return port_.port(); }

 private:
  /// Takes what has arrived and answers it. False when nothing had.
  [[nodiscard]] Result<bool> turn(const RawServer::Handler& handler);
  [[nodiscard]] Result<void> answer(const RawServer::Handler& handler, const Datagram& request);
  [[nodiscard]] Result<void> flush();

  LossyPort<UdpSocket> port_;
  double max_amplification_;
  Idle idle_;
  ReceiveBatch in_;
  ReceiveDepth depth_;
  SendBatch out_;
  unsigned empty_looks_ = 0;  // Of a worker that spins.

  Counter received_, answered_, simulated_losses_, truncated_, unanswerable_, too_long_, unsent_,
      failed_receives_;
};

}  // namespace volley
