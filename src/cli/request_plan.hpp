#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/matcher.hpp>
#include <volley/options.hpp>
#include <volley/time.hpp>

#include "cli/asker.hpp"
#include "cli/body.hpp"
#include "cli/retry_flags.hpp"
#include "cli/verb.hpp"

namespace volley::cli {

/// All that `request` was asked to do, read and checked.
struct RequestPlan {
  Route route;
  std::vector<std::byte> body;
  BodyFlags format;
  RetryFlags retry;
  std::optional<Duration> timeout;
  Instant begun;  ///< When the clock began to run.
  std::uint64_t count = 1;
  std::size_t window = 1;
  std::function<Result<void>(UdpSocket&)> prepare;

  bool raw = false;
  // Raw mode only.
  std::optional<Matcher> matcher;
  bool connected = true;
  // Clear mode only.
  bool idempotent = false;

  /// When to ask one of the targets again, and when to give up.
  RetryPolicy policy(const Endpoint& target) const;
  /// What is left of the deadline: nothing for a schedule that counts its sends.
  std::optional<Duration> time_left(const Endpoint& target) const;
};

/// What became of a single request, or of many, that failed before anything was sent.
Json failure_of_one(const Error& error, bool raw);
Json failure_of_many(const Error& error, bool raw);

/// Sends one request and prints its reply. Returns the code to exit with.
int request_one(const RequestPlan& plan, Output& output, Control& control);

/// Sends `count` requests and prints what became of them. Returns the code to exit with.
int request_many(const RequestPlan& plan, Output& output, Control& control);

}  // namespace volley::cli
