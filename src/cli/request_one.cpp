#include <fmt/format.h>

#include <atomic>
#include <string>
#include <utility>

#include <volley/clock.hpp>

#include "cli/request_plan.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// How a request ended, with whatever is known of it.
struct Ending {
  std::optional<RawOutcome> outcome{};  // Nothing: it failed on this side.
  std::optional<Error> error{};
  Bytes body{};
  std::optional<Duration> round_trip{};
  std::optional<std::uint64_t> strangers{};
  std::optional<std::uint64_t> duplicates{};
  std::optional<std::uint64_t> wrong_id{};
};

std::string_view name_of(RawOutcome outcome) {
  switch (outcome) {
    case RawOutcome::kReply:
      return "reply";
    case RawOutcome::kRefused:
      return "refused";
    case RawOutcome::kNoAnswer:
      return "no_answer";
  }
  return "unknown";
}

/// One request to the first of a plan's targets that takes it.
class SingleRequest {
 public:
  SingleRequest(const RequestPlan& plan, Output& output, Control& control)
      : plan_{plan}, output_{output}, control_{control} {
    control_.set_report([this] {
      output_.tell(fmt::format("no answer yet, after {}", format_count(sent_.load(), "attempt")));
    });
  }
  SingleRequest(const SingleRequest&) = delete;
  SingleRequest& operator=(const SingleRequest&) = delete;
  ~SingleRequest() {
    control_.set_report([] {});
  }

  int run() {
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      const bool last = i + 1 == plan_.targets.size();
      if (const auto code = ask(plan_.targets[i], last)) return *code;
    }
    return static_cast<int>(ExitCode::kNoAnswer);
  }

 private:
  /// Asks one target. Nothing: try the next.
  std::optional<int> ask(const Endpoint& target, bool last) {
    auto options = client_options(plan_, target);
    const auto left = time_left(plan_, target, now());
    if (left == Duration::zero()) {
      return finish(target,
                    {.outcome = RawOutcome::kNoAnswer,
                     .error = Error{.code = ErrorCode::kTimedOut,
                                    .message = fmt::format("no time was left to ask {}; give a "
                                                           "longer --timeout",
                                                           target.to_string())}});
    }
    options.on_wait = [this](unsigned attempt, Duration wait) {
      sent_ = attempt;
      output_.detail(fmt::format("waiting up to {} seconds for a reply", format_seconds(wait)));
    };
    auto client = RawClient::open(target, std::move(options));
    if (!client) return give_up(target, {.error = client.error()}, last);

    control_.set_stop([&client] { client->stop(); });
    const auto answer = client->request(plan_.body, left);
    control_.set_stop([] {});
    const RawClientCounters counters = client->counters();
    attempts_ += counters.attempts;

    Ending ending;
    if (!plan_.options.connected) ending.strangers = counters.strangers;
    if (plan_.options.matcher) {
      ending.duplicates = counters.duplicates;
      ending.wrong_id = counters.wrong_id;
    }
    if (answer) {
      ending.outcome = answer->outcome;
      ending.error = answer->error;
      ending.body = answer->body;
      ending.round_trip = answer->round_trip;
    } else if (answer.error().code == ErrorCode::kStopped) {
      ending.outcome = RawOutcome::kNoAnswer;
      ending.error =
          Error{.code = ErrorCode::kStopped,
                .message = fmt::format("interrupted: no answer from {} so far, after {}",
                                       target.to_string(), format_count(attempts_, "attempt"))};
    } else {
      ending.error = answer.error();
    }
    return give_up(target, ending, last);
  }

  std::optional<int> give_up(const Endpoint& target, const Ending& ending, bool last) {
    if (last || !ending.error || !may_try_next(ending.error->code)) return finish(target, ending);
    output_.detail(fmt::format("{}; trying the next address", ending.error->message));
    return std::nullopt;
  }

  int finish(const Endpoint& target, const Ending& ending) {
    tell(target, ending);
    if (output_.is_json()) {
      output_.json(to_json(target, ending));
    } else if (!ending.error) {
      print_reply(output_, ending.body, plan_.format);
    }
    if (!ending.error) return output_.finish(ExitCode::kDone);
    const ErrorCode code = ending.error->code;
    return output_.finish(ending.outcome ? exit_code_without_answer(code) : exit_code_for(code));
  }

  void tell(const Endpoint& target, const Ending& ending) {
    if (ending.error) {
      output_.error(ending.error->message);
    } else {
      output_.detail(fmt::format(
          "{} answered after {}{}", target.to_string(), format_count(attempts_, "attempt"),
          ending.round_trip ? ", in " + format_duration(*ending.round_trip) : ""));
    }
    if (ending.wrong_id.value_or(0) > 0) {
      output_.detail(
          fmt::format("wrong ID, or none: {} dropped", format_count(*ending.wrong_id, "datagram")));
    }
    if (ending.strangers) {
      output_.detail(
          fmt::format("strangers: {} dropped", format_count(*ending.strangers, "datagram")));
    } else if (attempts_ > 0) {
      output_.detail(
          "strangers: not counted, as the kernel drops what they send to a connected socket; "
          "--unconnected counts them");
    }
  }

  JsonObject to_json(const Endpoint& target, const Ending& ending) const {
    JsonObject object;
    object.set("outcome", ending.outcome ? std::optional{name_of(*ending.outcome)} : std::nullopt)
        .set("reason",
             ending.error ? std::optional{std::string_view{ending.error->message}} : std::nullopt)
        .set("attempts", attempts_)
        .set("rtt_us",
             ending.round_trip ? std::optional{to_microseconds(*ending.round_trip)} : std::nullopt)
        .set("peer", target.to_string())
        .set_null("status");  // Only the Volley protocol has one.
    if (ending.error) {
      object.set_null("body");
    } else {
      set_body(object, ending.body, plan_.format);
    }
    return object.set("strangers", ending.strangers)
        .set("duplicates", ending.duplicates)
        .set("wrong_id", ending.wrong_id);
  }

  const RequestPlan& plan_;
  Output& output_;
  Control& control_;
  std::atomic<unsigned> sent_ = 0;  // To the present address; read by an interim report.
  std::uint64_t attempts_ = 0;      // To all the addresses tried.
};

}  // namespace

int request_one(const RequestPlan& plan, Output& output, Control& control) {
  return SingleRequest{plan, output, control}.run();
}

}  // namespace volley::cli
