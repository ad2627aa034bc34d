#include "cli/request_plan.hpp"

#include <algorithm>

namespace volley::cli {

RawClientOptions client_options(const RequestPlan& plan, const Endpoint& target) {
  RawClientOptions options = plan.options;
  options.policy = read_policy(plan.retry, plan.timeout, policy_for(target));
  return options;
}

std::optional<Duration> time_left(const RequestPlan& plan, const Endpoint& target, Instant time) {
  if (!plan.timeout && (plan.retry.backoff || plan.retry.tries)) return std::nullopt;
  const Duration whole = plan.timeout.value_or(policy_for(target).give_up);
  return std::max(whole - (time - plan.begun), Duration::zero());
}

bool may_try_next(ErrorCode code) {
  return code == ErrorCode::kRefused || code == ErrorCode::kUnreachable;
}

ExitCode exit_code_without_answer(ErrorCode code) {
  return code == ErrorCode::kUnreachable ? ExitCode::kNoAnswer : exit_code_for(code);
}

}  // namespace volley::cli
