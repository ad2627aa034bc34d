#include "core/retry_policy.hpp"

#include <string>

namespace volley {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalid, .message = std::move(message)});
}

}  // namespace

Result<void> validate(const RetryPolicy& policy) {
  constexpr Duration kZero = Duration::zero();
  if (policy.first_wait <= kZero) {
    return invalid("the retry policy's first wait must be more than 0, for example 100 ms");
  }
  if (policy.floor <= kZero) {
    return invalid("the retry policy's floor must be more than 0, for example 5 ms");
  }
  if (policy.cap < policy.floor) {
    return invalid("the retry policy's cap must be at least its floor");
  }
  if (policy.give_up <= kZero) {
    return invalid("the retry policy must give up after more than 0, for example 3.1 s");
  }
  // Written so that NaN fails too.
  if (!(policy.jitter >= 0.0 && policy.jitter <= 1.0)) {
    return invalid("the retry policy's jitter must be between 0 and 1, for example 0.25");
  }
  return {};
}

const RetryPolicy& policy_for(const Endpoint& destination) {
  switch (destination.address().kind()) {
    case AddressKind::kLoopback:
    case AddressKind::kLinkLocal:
    case AddressKind::kPrivate:
    case AddressKind::kUnspecified:  // Linux takes it for this machine.
    case AddressKind::kBroadcast:    // 255.255.255.255 crosses no router.
      return kLocalPolicy;
    case AddressKind::kMulticast:  // Its members may be anywhere, and many.
    case AddressKind::kGlobal:
      return kInternetPolicy;
  }
  return kInternetPolicy;
}

}  // namespace volley
