#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/matcher.hpp>
#include <volley/raw_client.hpp>
#include <volley/time.hpp>

#include "cli/body.hpp"
#include "cli/control.hpp"
#include "cli/output.hpp"
#include "cli/retry_flags.hpp"

namespace volley::cli {

/// All that `request --raw` was asked to do, read and checked.
struct RequestPlan {
  std::vector<Endpoint> targets;  ///< In the order to try them.
  std::vector<std::byte> body;
  BodyFlags format;
  RawClientOptions options;  ///< Without a policy: that depends on the target.
  RetryFlags retry;
  std::optional<Duration> timeout;
  Instant begun;  ///< When the deadline began to run: before names were resolved.
  std::uint64_t count = 1;
};

/// A client's options for one of the targets.
RawClientOptions client_options(const RequestPlan& plan, const Endpoint& target);

/// What is left of the deadline: nothing for a schedule that counts its sends.
std::optional<Duration> time_left(const RequestPlan& plan, const Endpoint& target, Instant time);

/// Whether another address of the same name is worth trying after this failure.
bool may_try_next(ErrorCode code);

/// The code for a request that ended without an answer for this reason.
ExitCode exit_code_without_answer(ErrorCode code);

/// Sends one request and prints its reply. Returns the code to exit with.
int request_one(const RequestPlan& plan, Output& output, Control& control);

/// Sends `count` requests and prints what became of them. Returns the code to exit with.
int request_many(const RequestPlan& plan, Output& output, Control& control);

}  // namespace volley::cli
