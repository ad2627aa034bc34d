#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <volley/datagram.hpp>

#include "base/random.hpp"
#include "core/raw_client_core.hpp"

namespace volley {

/// A client, a server and the network between, in virtual time. The client keeps `in_flight`
/// questions going, over one socket with a Matcher, or over a pool of sockets, "lanes", one
/// question each at a time. The server answers every attempt, late, and each of its answers names
/// the question.
class LaneWorld {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::size_t requests = 1'000;
    std::size_t in_flight = 1;
    RetryPolicy policy = kLocalPolicy;
    Duration delay = std::chrono::milliseconds{150};  ///< From a send to its answer's arrival,
    Duration delay_spread{};                          ///< more by up to this,
    double loss = 0;       ///< if the attempt is not lost, both ways together,
    double duplicate = 0;  ///< and perhaps twice.
    bool matcher = false;
    bool heed_spent = true;  ///< Without a Matcher: close the lanes that are spent.
  };

  struct Tally {
    std::size_t answered = 0;
    std::size_t wrong = 0;  ///< With the answer to another question.
    std::size_t unanswered = 0;
    std::size_t lanes = 0;  ///< Sockets opened.
    std::uint64_t attempts = 0;
  };

  explicit LaneWorld(const Options& options);
  Tally run();

 private:
  struct Lane {
    std::unique_ptr<RawClientCore> core;
    std::map<RequestId, std::uint32_t> questions;
  };
  struct Answer {
    std::size_t lane;
    std::string body;
  };

  void ask_more();
  std::size_t open_lane();
  std::size_t free_lane();
  void send(std::size_t number);
  void deliver(std::size_t number);
  void arrive(const Answer& answer);
  Instant next_event() const;
  std::size_t finished() const { return tally_.answered + tally_.wrong + tally_.unanswered; }

  Options options_;
  Random random_;
  RttEstimator rtt_;
  Instant now_{std::chrono::hours{1}};
  std::uint32_t asked_ = 0;
  std::map<std::size_t, Lane> lanes_;  // The open ones, by number.
  std::multimap<Instant, Answer> network_;
  std::array<std::byte, 64> buffer_{};
  Tally tally_;
};

}  // namespace volley
