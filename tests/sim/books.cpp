#include "books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace volley::sim {
namespace {

using namespace std::chrono_literals;
using State = RequestRecord::State;

// protocol.md §6.8: nothing runs later after the first copy, nor is BUSY or NEVER believed later.
// A clock may run 1 in 1,000 too slow.
constexpr Duration kNothingActsAfter = 240'240ms;
constexpr Duration kBelieved = 239'700ms;

// Uids are not small numbers, so that a damaged one is rarely another.
constexpr std::uint64_t kUidBase = 0x51d0'0000'0000'0000;

}  // namespace

Uid Books::open(const RequestRecord& request) {
  requests_.push_back(request);
  if (request.state == State::kOpen) ++tally_.requests;
  return Uid{kUidBase + requests_.size() - 1};
}

Uid Books::open_foreign(Instant now, std::uint32_t body, std::uint32_t result) {
  return open({.made = now, .body = body, .result = result, .state = State::kLost});
}

RequestRecord* Books::find(Uid uid) {
  const std::uint64_t index = std::to_underlying(uid) - kUidBase;
  return index < requests_.size() ? &requests_[index] : nullptr;
}

std::string Books::name(Uid uid) const {
  return fmt::format("request {}", std::to_underlying(uid) - kUidBase);
}

void Books::violate(Instant now, std::string oracle, Uid uid, const std::string& what) {
  verdict_.violate(now, std::move(oracle), name(uid) + ' ' + what);
}

void Books::write(Uid uid, Instant now) {
  RequestRecord& request = *find(uid);
  if (request.sent) return;
  request.sent = true;
  request.written = now;
}

std::uint64_t Books::execute(Uid uid, Bytes body, bool idempotent, std::uint64_t epoch,
                             Instant acted, Instant now) {
  RequestRecord& request = *find(uid);
  const std::uint32_t execution = request.executions++;
  ++tally_.executions;
  trace_.note(std::to_underlying(uid) + execution);
  trace_.say(now, "{} RUNS in epoch {:04x}", name(uid), epoch >> 48U);

  write_body(expected_, uid, request.body);
  if (!std::ranges::equal(body, expected_) || idempotent != request.idempotent) {
    violate(now, "request intact", uid, "did not arrive as it was made");
  }
  if (!request.sent && request.state != State::kLost) {
    violate(now, "request intact", uid, "runs and was never sent");
  }
  if (request.state == State::kEnded && request.outcome == Outcome::kNotExecuted) {
    violate(now, "not executed", uid, "runs, and its caller was told that it never will");
  }
  if (!request.idempotent) {
    if (execution > 0) {
      violate(now, "at most once", uid,
              request.ran_in == epoch ? "runs twice in one epoch" : "runs in two epochs");
    }
    if (request.refused_in == epoch) {
      violate(now, "refused is refused", uid, "runs, and the server said that it never will");
    }
    if (request.sent && acted > request.written + kNothingActsAfter) {
      violate(now, "nothing acts late", uid, "runs more than 240 s after its first copy");
    }
  }
  request.ran_in = epoch;
  return execution;
}

void Books::answer(Uid uid, std::uint64_t execution) {
  if (execution < 64) find(uid)->answered |= std::uint64_t{1} << execution;
}

void Books::refuse(Uid uid, std::uint64_t epoch, Instant acted, Instant now) {
  RequestRecord& request = *find(uid);
  // Later than that a server may have forgotten, and no client believes it.
  if (request.idempotent || !request.sent || acted > request.written + kBelieved) return;
  if (request.executions > 0 && request.ran_in == epoch) {
    violate(now, "refused is refused", uid, "ran, and the server says that it never will");
  }
  request.refused_in = epoch;
}

void Books::claim_ran(Uid uid, std::uint64_t epoch, Instant now) {
  const RequestRecord& request = *find(uid);
  if (request.executions == 0 || (!request.idempotent && request.ran_in != epoch)) {
    violate(now, "ran is ran", uid, "did not run, and the server says that it did");
  }
}

void Books::end(Uid uid, const Answer& answer, Instant local, Instant now) {
  RequestRecord& request = *find(uid);
  trace_.note(std::to_underlying(uid) * 4 + std::to_underlying(answer.outcome));
  trace_.note(std::to_underlying(answer.reason));
  trace_.say(now, "{} ENDS: {}, reason {}", name(uid), to_string(answer.outcome),
             std::to_underlying(answer.reason));
  if (request.state != State::kOpen) {
    violate(now, "one outcome", uid, "had its outcome, and now another");
    return;
  }
  check_outcome(uid, request, answer, local, now);
  request.state = State::kEnded;
  request.outcome = answer.outcome;
  ++tally_.outcomes[std::to_underlying(answer.outcome)];
}

void Books::check_outcome(Uid uid, const RequestRecord& request, const Answer& answer,
                          Instant local, Instant now) {
  switch (answer.outcome) {
    case Outcome::kReply:
      check_reply(uid, request, answer, now);
      break;
    case Outcome::kNotExecuted:
      if (request.executions > 0) violate(now, "not executed", uid, "did run");
      // protocol.md §1.2: of an idempotent request, only if no copy was ever sent.
      if (request.idempotent && request.sent) {
        violate(now, "not executed", uid, "is idempotent and was sent");
      }
      break;
    case Outcome::kExecutedReplyLost:
      if (request.executions == 0) violate(now, "executed, reply lost", uid, "did not run");
      break;
    case Outcome::kUnknown:
      if (!request.sent) violate(now, "unknown", uid, "is known: no copy was ever sent");
      break;
  }
  if (answer.reason == Reason::kNoAnswer && all_wait_ && local < request.deadline) {
    violate(now, "deadline", uid, "was given up before its deadline");
  }
  if (answer.reason == Reason::kCancelled && !request.cancelled) {
    violate(now, "cancel", uid, "was cancelled by nobody");
  }
}

void Books::check_reply(Uid uid, const RequestRecord& request, const Answer& answer, Instant now) {
  const auto execution = execution_of(answer.body);
  if (uid_of(answer.body) != uid || !execution || *execution >= request.executions) {
    violate(now, "reply bytes", uid, "got what none of its executions answered");
    return;
  }
  write_result(expected_, uid, *execution, request.result);
  if (!std::ranges::equal(answer.body, expected_) || answer.status != request.status) {
    violate(now, "reply bytes", uid, "got a damaged reply");
  }
  if (*execution < 64 && (request.answered >> *execution & 1U) == 0) {
    violate(now, "reply bytes", uid, "got a reply before its handler gave one");
  }
}

void Books::lose(Uid uid) {
  find(uid)->state = State::kLost;
}

}  // namespace volley::sim
