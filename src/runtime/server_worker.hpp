#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include <volley/batch.hpp>
#include <volley/server.hpp>
#include <volley/server_core.hpp>
#include <volley/udp_socket.hpp>

#include "core/server_state.hpp"
#include "runtime/lossy_port.hpp"
#include "runtime/receive_depth.hpp"
#include "runtime/server_mailbox.hpp"

namespace volley {

/// What ends a server's workers. A worker that waits must be woken to see it.
struct ServerEnding {
  std::atomic<bool> stop = false;
  std::atomic<bool> drain = false;
};

/// One thread's share of a server: a socket, a core, and the loop between them.
class ServerWorker {
 public:
  ServerWorker(UdpSocket socket, const ServerCore::Options& core, const ServerOptions& options,
               os::Wake wake);

  /// Serves until told to end. Fails when the socket breaks.
  [[nodiscard]] Result<void> run(const Server::Handler& handler, const ServerEnding& ending);
  /// Has run() look at its ending. Any thread, and signal handlers.
  void wake() const noexcept { mailbox_.wake(); }

  /// This worker's counts, a few milliseconds old while it is busy. Any thread.
  ServerCounters counters() const;

 private:
  [[nodiscard]] Result<bool> look(const Server::Handler& handler);
  [[nodiscard]] Result<bool> receive(const Server::Handler& handler);
  void execute(const Server::Handler& handler, Instant time);
  [[nodiscard]] Result<void> take_answers();
  [[nodiscard]] Result<void> pack(Instant time);
  [[nodiscard]] Result<void> flush(Instant time);
  [[nodiscard]] Result<void> send();
  [[nodiscard]] Result<void> wait();
  void publish(Instant time);

  LossyPort<UdpSocket> port_;
  ServerState core_;  // And not a ServerCore, whose calls go through one more.
  Idle idle_;
  ServerMailbox mailbox_;
  std::vector<ServerMailbox::Answer> answers_;
  ReceiveBatch in_;
  SendBatch out_;
  bool told_too_large_ = false;  // The core, since the last flush began.
  ReceiveDepth depth_;
  std::uint64_t truncated_ = 0;
  const Duration tick_;
  unsigned empty_looks_ = 0;  // Of a worker that spins.
  std::uint64_t failed_receives_ = 0;

  mutable std::mutex mutex_;
  ServerCounters published_;
  Instant published_at_{};
};

}  // namespace volley
