#include <fmt/format.h>

#include <atomic>
#include <string>
#include <utility>

#include "cli/json.hpp"
#include "cli/request_plan.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// How a request ended, with whatever is known of it.
struct Ending {
  std::optional<RawOutcome> outcome{};  // Nothing: it failed on this side.
  std::optional<std::string> peer{};
  std::uint64_t attempts = 0;  // To all the addresses tried.
  Bytes body{};
  std::optional<Duration> round_trip{};
  std::optional<std::uint64_t> strangers{};
  std::optional<std::uint64_t> duplicates{};
  std::optional<std::uint64_t> wrong_id{};
};

std::string_view name_of(RawOutcome outcome) {
  if (outcome == RawOutcome::kReply) return "reply";
  return outcome == RawOutcome::kRefused ? "refused" : "no_answer";
}

Json to_json(const Ending& ending, const std::optional<Error>& error, const BodyFlags& format) {
  Json object{{"outcome", ending.outcome.transform(name_of)},
              {"reason", error ? std::optional{error->message} : std::nullopt},
              {"attempts", ending.attempts},
              {"rtt_us", ending.round_trip ? std::optional{to_microseconds(*ending.round_trip)}
                                           : std::nullopt},
              {"peer", ending.peer},
              {"status", nullptr},  // Only the Volley protocol has one.
              {"body", nullptr}};
  if (!error) set_body(object, ending.body, format);
  object["strangers"] = ending.strangers;
  object["duplicates"] = ending.duplicates;
  object["wrong_id"] = ending.wrong_id;
  return object;
}

/// One request to the first of a plan's targets that takes it.
class SingleRequest {
 public:
  SingleRequest(const RequestPlan& plan, Output& output, Control& control)
      : plan_{plan}, output_{output}, control_{control} {}

  int run() {
    const auto done = first_of(plan_.route.targets, output_,
                               [this](const Endpoint& target) { return ask(target); });
    const std::optional<Error> error = done ? std::nullopt : std::optional{done.error()};
    tell_details(done.has_value());
    const Json object = to_json(ending_, error, plan_.format);
    if (error) {
      const bool unreachable = ending_.outcome && error->code == ErrorCode::kUnreachable;
      return output_.fail(*error, unreachable ? ExitCode::kNoAnswer : exit_code_for(error->code),
                          object);
    }
    output_.is_json() ? output_.json(object) : print_reply(output_, ending_.body, plan_.format);
    return output_.finish(ExitCode::kDone);
  }

 private:
  Result<void> ask(const Endpoint& target) {
    ending_ = {.peer = target.to_string(), .attempts = ending_.attempts};
    const auto left = plan_.time_left(target);
    if (left == Duration::zero()) {
      ending_.outcome = RawOutcome::kNoAnswer;
      return std::unexpected(
          Error{.code = ErrorCode::kTimedOut,
                .message = fmt::format("no time was left to ask {}; give a longer --timeout",
                                       target.to_string())});
    }
    auto options = plan_.options_for(target);
    options.on_wait = [this](unsigned attempt, Duration wait) {
      sent_ = attempt;
      output_.detail(fmt::format("waiting up to {} for a reply", format_duration(wait)));
    };
    auto opened = RawClient::open(target, std::move(options));
    if (!opened) return std::unexpected(opened.error());
    client_.emplace(std::move(*opened));
    const Control::Running running{
        control_,
        {.stop = [this] { client_->stop(); },
         .report =
             [this] {
               output_.tell(
                   fmt::format("no answer yet, after {}", format_count(sent_.load(), "attempt")));
             }}};
    return note(target, client_->request(plan_.body, left));
  }

  Result<void> note(const Endpoint& target, const Result<RawAnswer>& answer) {
    const RawClientCounters counters = client_->counters();
    ending_.attempts += counters.attempts;
    if (!plan_.options.connected) ending_.strangers = counters.strangers;
    if (plan_.options.matcher) {
      ending_.duplicates = counters.duplicates;
      ending_.wrong_id = counters.wrong_id;
    }
    if (!answer && answer.error().code == ErrorCode::kStopped) {
      ending_.outcome = RawOutcome::kNoAnswer;
      return std::unexpected(Error{
          .code = ErrorCode::kStopped,
          .message = fmt::format("interrupted: no answer from {} so far, after {}",
                                 target.to_string(), format_count(ending_.attempts, "attempt"))});
    }
    if (!answer) return std::unexpected(answer.error());
    ending_.outcome = answer->outcome;
    ending_.body = answer->body;
    ending_.round_trip = answer->round_trip;
    return answer->error ? std::unexpected(*answer->error) : Result<void>{};
  }

  void tell_details(bool answered) const {
    if (answered) {
      output_.detail(fmt::format(
          "{} answered after {}{}", *ending_.peer, format_count(ending_.attempts, "attempt"),
          ending_.round_trip ? ", in " + format_duration(*ending_.round_trip) : ""));
    }
    if (ending_.wrong_id.value_or(0) > 0) {
      output_.detail(fmt::format("wrong ID, or none: {} dropped",
                                 format_count(*ending_.wrong_id, "datagram")));
    }
    if (ending_.strangers) {
      output_.detail(
          fmt::format("strangers: {} dropped", format_count(*ending_.strangers, "datagram")));
    } else if (ending_.attempts > 0) {
      output_.detail(
          "strangers: not counted, as the kernel drops what they send to a connected socket; "
          "--unconnected counts them");
    }
  }

  const RequestPlan& plan_;
  Output& output_;
  Control& control_;
  std::optional<RawClient> client_;  // Of the present address: it holds the reply.
  Ending ending_;
  std::atomic<unsigned> sent_ = 0;  // To the present address; read by an interim report.
};

}  // namespace

Json failure_of_one(const Error& error) {
  Ending ending;
  if (exit_code_for(error.code) == ExitCode::kNoAnswer) ending.outcome = RawOutcome::kNoAnswer;
  return to_json(ending, error, {});
}

int request_one(const RequestPlan& plan, Output& output, Control& control) {
  return SingleRequest{plan, output, control}.run();
}

}  // namespace volley::cli
