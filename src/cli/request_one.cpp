#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "cli/json.hpp"
#include "cli/request_plan.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// What became of the request, with whatever is known of it.
struct Story {
  std::optional<Ended> ended{};  // Nothing: it failed on this side.
  std::optional<std::string> peer{};
  std::uint64_t attempts = 0;  // To all the addresses tried.
  std::optional<std::uint16_t> status{};
  std::vector<std::byte> body{};
  std::optional<Duration> round_trip{};
  AskerCounts counts{};
};

Json to_json(const Story& story, const std::optional<Error>& error, const BodyFlags& format) {
  Json object{{"outcome", story.ended.transform(to_string)},
              {"reason", error ? std::optional{error->message} : std::nullopt},
              {"attempts", story.attempts},
              {"rtt_us", story.round_trip.transform(to_microseconds)},
              {"peer", story.peer},
              {"status", story.status},
              {"body", nullptr}};
  if (!error) set_body(object, story.body, format);
  object["strangers"] = story.counts.strangers;
  object["duplicates"] = story.counts.duplicates;
  object["wrong_id"] = story.counts.wrong_id;
  return object;
}

/// What a request that was given up on this side has come to.
Ended given_up(bool raw, std::uint64_t attempts) {
  if (raw) return Ended::kNoAnswer;
  return attempts == 0 ? Ended::kNotExecuted : Ended::kUnknown;
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
    const Json object = to_json(story_, error, plan_.format);
    if (error) {
      const bool unreachable = story_.ended && error->code == ErrorCode::kUnreachable;
      return output_.fail(*error, unreachable ? ExitCode::kNoAnswer : exit_code_for(error->code),
                          object);
    }
    output_.is_json() ? output_.json(object) : print_reply(output_, story_.body, plan_.format);
    if (story_.status.value_or(0) == 0) return output_.finish(ExitCode::kDone);
    output_.say(fmt::format("{} answered with status {}: the application says that it failed",
                            *story_.peer, *story_.status));
    return output_.finish(ExitCode::kNoAnswer);
  }

 private:
  Result<void> ask(const Endpoint& target) {
    story_ = {.peer = target.to_string(), .attempts = story_.attempts};
    const auto left = plan_.time_left(target);
    if (left == Duration::zero()) {
      story_.ended = given_up(plan_.raw, story_.attempts);
      return failure(
          ErrorCode::kTimedOut,
          fmt::format("no time was left to ask {}; give a longer --timeout", target.to_string()));
    }
    sent_ = 0;
    why_.reset();
    const auto note = [this](std::uint64_t, const Ending& ending) { end(ending); };
    const auto on_wait = [this](unsigned attempt, Duration wait) {
      sent_ = attempt;
      output_.detail(fmt::format("waiting up to {} for a reply", format_duration(wait)));
    };
    auto opened = plan_.raw ? open_raw_asker(plan_, target, note, on_wait)
                            : open_clear_asker(plan_, target, note);
    if (!opened) return std::unexpected(opened.error());
    Asker& asker = **opened;
    const Control::Running running{
        control_, {.stop = [&asker] { asker.stop(); }, .report = [this] { report(); }}};
    const Result<void> done = exchange(asker, left);
    story_.counts = asker.counts();
    story_.attempts += story_.counts.attempts;
    if (done || done.error().code != ErrorCode::kStopped) return done;
    story_.ended = given_up(plan_.raw, story_.attempts);
    return failure(ErrorCode::kStopped,
                   fmt::format("interrupted: no answer from {} so far, after {}",
                               target.to_string(), format_count(story_.attempts, "attempt")));
  }

  /// Runs it to its end. Fails with whatever kept it from having a reply.
  Result<void> exchange(Asker& asker, std::optional<Duration> left) {
    auto done = asker.submit(plan_.body, 1, left);
    while (done && !story_.ended) done = asker.run_once();
    if (!story_.ended) return done;
    return why_ ? std::unexpected(*why_) : Result<void>{};
  }

  void end(const Ending& ending) {
    story_.ended = ending.ended;
    story_.status = ending.status;
    story_.body = {ending.body.begin(), ending.body.end()};
    story_.round_trip = ending.round_trip;
    why_ = ending.error;
  }

  void report() {
    const std::string spent = format_duration(now() - plan_.begun);
    output_.tell(plan_.raw
                     ? fmt::format("no answer yet, after {}", format_count(sent_.load(), "attempt"))
                     : fmt::format("no answer yet, after {}", spent));
  }

  void tell_details(bool answered) const {
    if (answered) {
      output_.detail(fmt::format(
          "{} answered after {}{}", *story_.peer, format_count(story_.attempts, "attempt"),
          story_.round_trip ? ", in " + format_duration(*story_.round_trip) : ""));
    }
    const AskerCounts& counts = story_.counts;
    if (counts.wrong_id.value_or(0) > 0) {
      output_.detail(
          fmt::format("wrong ID, or none: {} dropped", format_count(*counts.wrong_id, "datagram")));
    }
    if (counts.strangers) {
      output_.detail(
          fmt::format("strangers: {} dropped", format_count(*counts.strangers, "datagram")));
    } else if (plan_.raw && story_.attempts > 0) {
      output_.detail(
          "strangers: not counted, as the kernel drops what they send to a connected socket; "
          "--unconnected counts them");
    }
  }

  const RequestPlan& plan_;
  Output& output_;
  Control& control_;
  Story story_;
  std::optional<Error> why_;        // There is no reply.
  std::atomic<unsigned> sent_ = 0;  // In raw mode, to the present address; read by a report.
};

}  // namespace

Json failure_of_one(const Error& error, bool raw) {
  Story story;
  if (exit_code_for(error.code) == ExitCode::kNoAnswer) story.ended = given_up(raw, 0);
  return to_json(story, error, {});
}

int request_one(const RequestPlan& plan, Output& output, Control& control) {
  return SingleRequest{plan, output, control}.run();
}

}  // namespace volley::cli
