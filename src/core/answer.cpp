#include <fmt/format.h>

#include <volley/answer.hpp>

#include "core/no_answer.hpp"

namespace volley {
namespace {

/// "after 2 attempts in 12 ms"
std::string spent_text(const Answer& answer) {
  return fmt::format("after {} in {}", attempts_text(answer.attempts),
                     duration_text(answer.elapsed));
}

std::string reply_text(const Answer& answer, const std::string& server) {
  const std::string status =
      answer.status == 0 ? "" : fmt::format(" with status {}", answer.status);
  return fmt::format("{} answered{} {}", server, status, spent_text(answer));
}

std::string not_executed_text(const Answer& answer, const std::string& server) {
  switch (answer.reason) {
    case Reason::kBusy:
      return fmt::format("{} is busy and refused the request; ask again later", server);
    case Reason::kNever:
      return fmt::format(
          "the request never reached {}, which will refuse it from now on; ask again", server);
    case Reason::kRestarted:
      return fmt::format("{} restarted before the request could reach it; ask again", server);
    case Reason::kCancelled:
      return fmt::format("the request was cancelled before it was sent to {}", server);
    default:
      return fmt::format("the request was not sent, for {} answered nothing in {}: {}", server,
                         duration_text(answer.elapsed), cause_text(answer.hint));
  }
}

std::string_view why_lost(Reason reason) {
  switch (reason) {
    case Reason::kReplyGone:
      return "the server could not keep the reply, or the path does not carry it";
    case Reason::kRestarted:
      return "the server restarted before it replied";
    case Reason::kForgotten:
      return "the server has forgotten it";
    case Reason::kCancelled:
      return "it was cancelled before the reply came";
    default:
      return "no reply came in time";
  }
}

std::string unknown_text(const Answer& answer, const std::string& server) {
  switch (answer.reason) {
    case Reason::kOverloaded:
      return fmt::format("{} had no room to remember this client, {}; ask again later", server,
                         spent_text(answer));
    case Reason::kRestarted:
      return fmt::format("{} restarted, and may have executed the request before", server);
    case Reason::kForgotten:
      return fmt::format(
          "{} knows nothing of the request, which is too old for that to say that it "
          "was not executed",
          server);
    case Reason::kCancelled:
      return fmt::format("the request to {} was cancelled {}, and may have been executed", server,
                         spent_text(answer));
    default:
      return fmt::format("no answer from {} {}: {}", server, spent_text(answer),
                         cause_text(answer.hint));
  }
}

}  // namespace

std::string to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kReply:
      return "reply";
    case Outcome::kNotExecuted:
      return "not_executed";
    case Outcome::kExecutedReplyLost:
      return "executed_reply_lost";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string describe(const Answer& answer, const Endpoint& server) {
  const std::string name = server.to_string();
  switch (answer.outcome) {
    case Outcome::kReply:
      return reply_text(answer, name);
    case Outcome::kNotExecuted:
      return "not executed: " + not_executed_text(answer, name);
    case Outcome::kExecutedReplyLost:
      return fmt::format("executed by {}, but {}", name, why_lost(answer.reason));
    case Outcome::kUnknown:
      return "perhaps executed: " + unknown_text(answer, name);
  }
  return {};
}

}  // namespace volley
