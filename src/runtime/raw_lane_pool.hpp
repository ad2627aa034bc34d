#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <volley/raw_client.hpp>

#include "core/spent_ports.hpp"
#include "os/poller.hpp"
#include "runtime/raw_lane.hpp"

namespace volley {

/// The sockets of one raw client. With a Matcher there is one lane and every request takes it.
/// Without one each request in flight has a lane to itself, and a lane that a late answer can still
/// reach is closed, never used again.
class RawLanePool {
 public:
  using Token = std::uint32_t;  ///< What the poller tells of a lane.

  /// Borrows all of them.
  RawLanePool(const Endpoint& server, const RawClientOptions& options, const RetryPolicy& policy,
              RttEstimator& rtt, os::Poller& poller)
      : server_{server}, options_{options}, policy_{policy}, rtt_{rtt}, poller_{poller} {}

  /// A lane for one more request, opened if need be. Fails as opening a socket does.
  [[nodiscard]] Result<Token> acquire(Instant now);
  /// Takes a lane back whose request has ended, or never began: it may be closed now.
  void release(Token token, Instant now);

  RawLane& at(Token token) { return *lanes_[token]; }
  /// Whether the token still is a lane's: it may have been closed since it was given.
  bool contains(Token token) const { return token < lanes_.size() && lanes_[token]; }
  std::size_t size() const { return lanes_.size(); }

  /// Of all lanes, those closed too.
  RawClientCounters counters() const;

 private:
  struct IdleLane {
    Token token;
    Instant since;
  };
  [[nodiscard]] Result<UdpSocket> open_socket() const;
  [[nodiscard]] Result<UdpSocket> open_unspent_socket();
  [[nodiscard]] Result<Token> open();
  bool is_quiet(RawLane& lane, Instant now);
  [[nodiscard]] Result<void> watch(const UdpSocket& socket, Token token);
  void close(Token token);

  const Endpoint& server_;
  const RawClientOptions& options_;
  const RetryPolicy& policy_;
  RttEstimator& rtt_;
  os::Poller& poller_;
  std::vector<std::unique_ptr<RawLane>> lanes_;  // By token; empty places are filled again.
  std::vector<IdleLane> idle_;
  SpentPorts spent_;
  ReceiveBatch stale_{{.slots = 1}};  // For what an idle lane has heard.
  RawClientCounters closed_;
};

}  // namespace volley
