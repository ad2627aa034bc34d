#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>

#include "core/raw_client_core.hpp"

namespace volley {

inline constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};
inline constexpr Endpoint kStranger{IpAddress::v4(127, 0, 0, 1), 1061};

/// The local policy without its jitter, so that a story can name its instants.
inline RetryPolicy exact_policy() {
  RetryPolicy policy = kLocalPolicy;
  policy.jitter = 0;
  return policy;
}

/// One core in virtual time, with the few words that a story about it needs.
class Conversation {
 public:
  explicit Conversation(RawClientCore::Options options = {.server = kServer,
                                                          .policy = exact_policy()})
      : rtt{options.policy}, core{std::move(options), rtt} {}

  RequestId ask(std::string_view body, const RawRequest& request = {}) {
    const auto taken = core.request(as_bytes(body), request, now);
    return taken ? *taken : RequestId{};
  }

  /// The body of the next datagram the core sends now, if any.
  std::optional<std::string> sent() {
    const auto transmit = core.poll_transmit(buffer_, now);
    if (!transmit) return std::nullopt;
    return std::string{as_text(Bytes{buffer_}.first(transmit->size))};
  }

  void hear(std::string_view body, const Endpoint& from = kServer) {
    core.handle_datagram({.peer = from, .payload = as_bytes(body)}, now);
  }

  /// The end of a request, if there is one now. Skips what else happened.
  std::optional<RawFinished> finished() {
    while (const auto event = core.poll_event()) {
      if (const auto* finished = std::get_if<RawFinished>(&*event)) return *finished;
    }
    return std::nullopt;
  }

  /// Lets time pass with nobody answering, until `end` or until nothing is left to wait for;
  /// returns when datagrams were sent.
  std::vector<Instant> wait_until(Instant end) {
    std::vector<Instant> sends;
    while (true) {
      while (sent()) sends.push_back(now);
      const auto next = core.next_timeout();
      if (!next || *next > end) break;
      now = *next;
      core.handle_timeout(now);
    }
    if (end != Instant::max()) now = end;
    return sends;
  }

  Instant now{std::chrono::hours{1}};
  RttEstimator rtt;
  RawClientCore core;

 private:
  std::array<std::byte, kMaxPayload> buffer_{};
};

}  // namespace volley
