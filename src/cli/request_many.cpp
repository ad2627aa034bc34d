#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/json.hpp"
#include "cli/request_plan.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// Many requests to the first of a plan's targets that does not refuse them.
class ManyRequests {
 public:
  ManyRequests(const RequestPlan& plan, Output& output, Control& control)
      : plan_{plan}, output_{output}, control_{control} {}

  int run() {
    const auto done = first_of(plan_.route.targets, output_,
                               [this](const Endpoint& target) { return ask(target); });
    const std::optional<Error> error = done ? shortfall() : std::optional{done.error()};
    const Json object = tally_.json(total_, error);
    if (!output_.is_json() && total_.requests > 0) output_.line(tally_.text(total_));
    if (error) return output_.fail(*error, exit_code_for(error->code), object);
    if (output_.is_json()) output_.json(object);
    return output_.finish(ExitCode::kDone);
  }

 private:
  Result<void> ask(const Endpoint& target) {
    tally_.clear();
    const std::uint64_t before = total_.attempts;
    total_ = {.peer = target.to_string(),
              .attempts = before,
              .sees_strangers = !plan_.options.connected,
              .has_matcher = plan_.options.matcher.has_value()};
    auto client = RawClient::open(target, plan_.options_for(target));
    if (!client) return std::unexpected(client.error());
    const Control::Running running{
        control_, {.stop = [&client] { client->stop(); }, .report = [this] { report(); }}};
    const Instant start = now();
    const Result<void> done = exchange(*client, target == plan_.route.targets.back());
    total_.elapsed = now() - start;
    total_.counters = client->counters();
    total_.attempts = before + total_.counters.attempts;
    total_.requests = total_.counters.requests;
    if (!done && done.error().code == ErrorCode::kStopped) {
      return failure(ErrorCode::kStopped, fmt::format("interrupted after {} of {} requests to {}",
                                                      format_whole(tally_.ended()),
                                                      format_whole(plan_.count), *total_.peer));
    }
    return done;
  }

  /// Keeps the window full until every request has ended.
  Result<void> exchange(RawClient& client, bool last) {
    for (std::uint64_t submitted = 0; submitted < plan_.count || client.in_flight() > 0;) {
      if (!last && tally_.refused() > 0 && tally_.answered() == 0) return refused();
      if (submitted < plan_.count && client.has_room()) {
        auto taken = client.submit(
            plan_.body,
            [this, number = submitted + 1](const RawAnswer& answer) { note(number, answer); });
        if (taken) {
          ++submitted;
          total_.window = std::max(total_.window, client.in_flight());
          continue;
        }
        // Out of descriptors or of IDs, perhaps: those in flight give theirs back.
        if (taken.error().code != ErrorCode::kFull || client.in_flight() == 0) return taken;
      }
      if (auto turned = client.run_once(); !turned) return turned;
    }
    return tally_.refused() == plan_.count ? refused() : Result<void>{};
  }

  void note(std::uint64_t number, const RawAnswer& answer) {
    tally_.add(answer);
    if (!output_.is_verbose()) return;
    output_.detail(fmt::format(
        "request {}: {}", format_whole(number),
        answer.error ? answer.error->message
                     : fmt::format("answered after {}", format_count(answer.attempts, "attempt"))));
  }

  void report() {
    output_.tell(fmt::format(
        "{} of {} requests ended: {} answered, {} without an answer, {} refused",
        format_whole(tally_.ended()), format_whole(plan_.count), format_whole(tally_.answered()),
        format_whole(tally_.no_answer()), format_whole(tally_.refused())));
  }

  /// Why it was not all that was wanted, if so.
  std::optional<Error> shortfall() const {
    if (tally_.answered() == plan_.count) return std::nullopt;
    return Error{
        .code = ErrorCode::kTimedOut,
        .message = fmt::format(
            "{} of {} requests to {} were not answered: the server may be down or overloaded",
            format_whole(plan_.count - tally_.answered()), format_whole(plan_.count),
            *total_.peer)};
  }

  std::unexpected<Error> refused() const {
    return failure(
        ErrorCode::kRefused,
        fmt::format("{} refused every request: nothing listens on that port", *total_.peer));
  }

  const RequestPlan& plan_;
  Output& output_;
  Control& control_;
  Tally tally_;
  Tally::Total total_;
};

}  // namespace

Json failure_of_many(const Error& error) {
  return Tally{}.json({}, error);
}

int request_many(const RequestPlan& plan, Output& output, Control& control) {
  return ManyRequests{plan, output, control}.run();
}

}  // namespace volley::cli
