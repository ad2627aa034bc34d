#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/options.hpp>
#include <volley/server_core.hpp>

namespace volley {

class UdpSocket;
class ServerMailbox;
struct ServerState;

/// The right, and the duty, to answer one request later: from any thread, once. Movable. One that
/// is destroyed unanswered tells the client that the request ran and its reply is lost.
///
/// Must not outlive the Server.
class Responder {
 public:
  Responder(Responder&& other) noexcept;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  /// Answers with a copy of `body`, at most 65,459 bytes; more is as none. `status` 0 is success;
  /// what else means is the application's. Only the first call counts.
  void reply(Bytes body, std::uint16_t status = 0);

 private:
  friend class Reply;
  Responder(ServerMailbox& mailbox, ExecutionId execution);
  ServerMailbox* mailbox_;
  ExecutionId execution_;
};

/// How a handler answers: at once with send(), or later through defer(). Only the first counts. A
/// handler that does neither leaves the request executed without a reply.
class Reply {
 public:
  Reply(ServerState& core, ServerMailbox& mailbox, ExecutionId execution, Instant now)
      : core_{core}, mailbox_{mailbox}, execution_{execution}, now_{now} {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() {
    if (open_) abandon();
  }

  /// Answers with a copy of `body`, at most 65,459 bytes; more is as none. `status` 0 is success;
  /// what else means is the application's.
  void send(Bytes body, std::uint16_t status = 0);
  /// Answers later: from now on the responder owes the answer.
  [[nodiscard]] Responder defer();

 private:
  void abandon();

  ServerState& core_;
  ServerMailbox& mailbox_;
  ExecutionId execution_;
  Instant now_;
  bool open_ = true;
};

struct ServerOptions {
  unsigned workers = 1;    ///< Threads, each with a socket of its own on the one port.
  ServerLimits limits{};   ///< Of all workers together.
  double drop = 0.0;       ///< Probability that a datagram in is ignored: simulated loss.
  std::uint64_t seed = 1;  ///< Of that loss; one worker loses the same ones of the same.
  std::string device{};    ///< Listen on this interface only.
  bool dual_stack = true;  ///< `::` takes IPv4 too.
  Idle idle = Idle::kSleep;
  /// Run on every socket before it is used: options that Volley does not know of.
  std::function<Result<void>(UdpSocket&)> prepare{};
};

/// Answers Volley clients: each request that is not idempotent starts executing at most once,
/// whatever the network does (protocol.md §1). Any number of clients; the memory is bounded.
class Server {
 public:
  /// Called once for each request, on its worker's thread: with several workers, from several
  /// threads at once, but for one client always from the same. `request.body` is borrowed for the
  /// call.
  using Handler = std::function<void(const Execution& request, Reply& reply)>;

  /// Takes the address: a second server on it fails with kAddressInUse, however many workers either
  /// has.
  [[nodiscard]] static Result<Server> bind(const Endpoint& local, Handler handler,
                                           const ServerOptions& options = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  /// Where it listens, with the port the kernel chose if 0 was asked.
  const Endpoint& local() const;

  /// Serves until stop() or drain(). Fails when a socket breaks.
  [[nodiscard]] Result<void> run();
  /// Ends run() once every worker has finished its batch. Any thread, and signal handlers.
  void stop() noexcept;
  /// Refuses new requests and ends run() when nothing runs any more. Any thread, and signal
  /// handlers.
  void drain() noexcept;

  /// Of all workers. Any thread, at any time; counts may be a moment old.
  ServerCounters counters() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace volley
