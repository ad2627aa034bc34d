#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/options.hpp>

namespace volley {

class UdpSocket;

/// Where a handler puts its answer: bytes written here are the bytes sent, with no copy between.
class RawReply {
 public:
  explicit RawReply(MutableBytes space) : space_{space} {}

  /// Room for the answer: 65,507 bytes.
  MutableBytes space() const { return space_; }
  /// Answers with the first `size` bytes of space(). The last call counts; without one nothing is
  /// sent.
  void send(std::size_t size) { size_ = size; }
  /// Answers with a copy of `bytes`, which must fit.
  void send(Bytes bytes);

  const std::optional<std::size_t>& size() const { return size_; }

 private:
  MutableBytes space_;
  std::optional<std::size_t> size_;
};

/// Datagrams, since the server started, of all its workers.
struct RawServerCounters {
  std::uint64_t received = 0;
  std::uint64_t answered = 0;
  std::uint64_t simulated_losses =
      0;                        ///< Dropped by RawServerOptions::drop before the handler saw them.
  std::uint64_t truncated = 0;  ///< Larger than the receive slot: dropped.
  std::uint64_t unanswerable = 0;     ///< From port 0, where no answer can go: dropped.
  std::uint64_t too_long = 0;         ///< Answers dropped by max_amplification.
  std::uint64_t unsent = 0;           ///< Answers the kernel would not send.
  std::uint64_t failed_receives = 0;  ///< Receive calls that the kernel failed.
};

struct RawServerOptions {
  unsigned workers = 1;            ///< Threads, each with a socket of its own on the one port.
  double drop = 0.0;               ///< Probability that a datagram in is ignored: simulated loss.
  std::uint64_t seed = 1;          ///< Of that loss; one worker loses the same ones of the same.
  double max_amplification = 0.0;  ///< Answer at most this many bytes a byte asked; 0: no limit.
  std::string device{};            ///< Listen on this interface only.
  bool dual_stack = true;          ///< `::` takes IPv4 too.
  Idle idle = Idle::kSleep;
  /// Run on every socket before it is used: options that Volley does not know of.
  std::function<Result<void>(UdpSocket&)> prepare{};
};

/// Answers datagrams of any UDP protocol, from any number of clients. Each answer leaves from the
/// address that was asked, on wildcard sockets too.
class RawServer {
 public:
  /// Called for each datagram, on its worker's thread: with several workers, from several threads
  /// at once.
  using Handler = std::function<void(const Datagram& request, RawReply& reply)>;

  /// Takes the address: a second server on it fails with kAddressInUse, however many workers either
  /// has. Fails otherwise as UdpSocket::bind does, and with kInvalid for options that cannot work.
  [[nodiscard]] static Result<RawServer> bind(const Endpoint& local, Handler handler,
                                              const RawServerOptions& options = {});

  RawServer(RawServer&&) noexcept;
  RawServer& operator=(RawServer&&) noexcept;
  ~RawServer();

  /// Where it listens, with the port the kernel chose if 0 was asked.
  const Endpoint& local() const;

  /// Serves until stop(), then returns once every worker has finished its batch. Fails when a
  /// socket breaks, and with kFull when the system has no room for the workers' threads.
  [[nodiscard]] Result<void> run();
  /// Ends run(). Any thread, and signal handlers.
  void stop() noexcept;

  /// Answers later, from any thread while the server lives: `peer` and `local` as the request had
  /// them.
  [[nodiscard]] Result<void> send(Bytes answer, const Endpoint& peer, const Endpoint& local);

  /// Any thread, at any time.
  RawServerCounters counters() const;

 private:
  struct State;
  explicit RawServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace volley
