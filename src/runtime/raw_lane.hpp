#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <volley/batch.hpp>
#include <volley/raw_client.hpp>
#include <volley/udp_socket.hpp>

#include "core/raw_client_core.hpp"

namespace volley {

/// One socket of a raw client, the conversation on it, and who waits for its answers. Whatever the
/// socket says is wrong goes to the core, which knows what ends a request and what is only a hint.
class RawLane {
 public:
  RawLane(UdpSocket socket, bool connected, RawClientCore::Options options, RttEstimator& rtt);

  RawClientCore& core() { return core_; }
  const RawClientCore& core() const { return core_; }
  const UdpSocket& socket() const { return socket_; }

  /// Starts a request for `handler`. Fails as RawClientCore::request() does.
  [[nodiscard]] Result<void> submit(Bytes body, const RawRequest& request,
                                    RawClient::Handler&& handler, Instant now);
  /// Who waits for this request: asked once, when it has ended.
  RawClient::Handler take_handler(RequestId request);

  /// Sends what is due, using `batch`.
  void flush(SendBatch& batch, Instant now);
  /// Takes in what has arrived, up to the batch's room; may linger for it. False: nothing came.
  bool receive(ReceiveBatch& batch, bool linger = false);
  /// Hands the core what receive() took in.
  void handle(const ReceiveBatch& batch, Instant now);
  /// Hands the core what the kernel says is wrong: what a call just failed with, and whatever waits
  /// in the socket's error queue. Some of it no call fails with, and the socket stays "ready" until
  /// it is taken: ask when a wake-up brought nothing.
  void handle_errors(std::optional<ErrorCode> failed = {});

  /// Datagrams larger than the receive slot.
  std::uint64_t truncated() const { return truncated_; }

 private:
  void handle_error(ErrorCode code);

  UdpSocket socket_;
  bool connected_;
  RawClientCore core_;
  std::vector<RawClient::Handler> handlers_;  // By the request's slot.
  std::uint64_t truncated_ = 0;
};

}  // namespace volley
