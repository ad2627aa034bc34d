#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/raw_client.hpp>
#include <volley/time.hpp>

#include "cli/body.hpp"
#include "cli/retry_flags.hpp"
#include "cli/verb.hpp"

namespace volley::cli {

/// All that `request --raw` was asked to do, read and checked.
struct RequestPlan {
  Route route;
  std::vector<std::byte> body;
  BodyFlags format;
  RawClientOptions options;  ///< Without a policy and a source: those depend on the target.
  RetryFlags retry;
  std::optional<Duration> timeout;
  Instant begun;  ///< When the clock began to run.
  std::uint64_t count = 1;

  /// A client's options for one of the targets.
  RawClientOptions options_for(const Endpoint& target) const;
  /// What is left of the deadline: nothing for a schedule that counts its sends.
  std::optional<Duration> time_left(const Endpoint& target) const;
};

/// What became of a single request, or of many, that failed before anything was sent.
Json failure_of_one(const Error& error);
Json failure_of_many(const Error& error);

/// Sends one request and prints its reply. Returns the code to exit with.
int request_one(const RequestPlan& plan, Output& output, Control& control);

/// Sends `count` requests and prints what became of them. Returns the code to exit with.
int request_many(const RequestPlan& plan, Output& output, Control& control);

}  // namespace volley::cli
