#include <fmt/format.h>

#include <algorithm>
#include <memory>
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
      : plan_{plan}, output_{output}, control_{control}, tally_{plan.raw} {}

  int run() {
    const auto done = first_of(plan_.route.targets, output_,
                               [this](const Endpoint& target) { return ask(target); });
    const std::optional<Error> error = done ? shortfall() : std::optional{done.error()};
    const Json object = tally_.json(total_, error);
    if (!output_.is_json() && total_.counts.requests > 0) output_.line(tally_.text(total_));
    if (error) return output_.fail(*error, exit_code_for(error->code), object);
    if (output_.is_json()) output_.json(object);
    return output_.finish(ExitCode::kDone);
  }

 private:
  Result<void> ask(const Endpoint& target) {
    tally_.clear();
    const std::uint64_t before = total_.attempts;
    total_ = {.peer = target.to_string(), .attempts = before};
    const auto note = [this](std::uint64_t number, const Ending& ending) { end(number, ending); };
    auto asker =
        plan_.raw ? open_raw_asker(plan_, target, note) : open_clear_asker(plan_, target, note);
    if (!asker) return std::unexpected(asker.error());
    const Control::Running running{
        control_, {.stop = [&asker] { (*asker)->stop(); }, .report = [this] { report(); }}};
    const Instant start = now();
    const Result<void> done = exchange(**asker, target == plan_.route.targets.back());
    total_.elapsed = now() - start;
    total_.counts = (*asker)->counts();
    total_.attempts = before + total_.counts.attempts;
    if (!done && done.error().code == ErrorCode::kStopped) {
      return failure(ErrorCode::kStopped, fmt::format("interrupted after {} of {} requests to {}",
                                                      format_whole(tally_.ended()),
                                                      format_whole(plan_.count), *total_.peer));
    }
    return done;
  }

  /// Keeps the window full until every request has ended.
  Result<void> exchange(Asker& asker, bool last) {
    for (std::uint64_t submitted = 0; submitted < plan_.count || asker.in_flight() > 0;) {
      if (!last && tally_.refused() > 0 && tally_.answered() == 0) return refused();
      if (submitted < plan_.count && asker.has_room()) {
        auto taken = asker.submit(plan_.body, submitted + 1, {});
        if (taken) {
          ++submitted;
          total_.window = std::max(total_.window, asker.in_flight());
          continue;
        }
        // Out of descriptors or of IDs, perhaps: those in flight give theirs back.
        if (taken.error().code != ErrorCode::kFull || asker.in_flight() == 0) return taken;
      }
      if (auto turned = asker.run_once(); !turned) return turned;
    }
    return tally_.refused() == plan_.count ? refused() : Result<void>{};
  }

  void end(std::uint64_t number, const Ending& ending) {
    tally_.add(ending);
    if (!output_.is_verbose()) return;
    output_.detail(fmt::format(
        "request {}: {}", format_whole(number),
        ending.error ? ending.error->message
                     : fmt::format("answered after {}", format_count(ending.attempts, "attempt"))));
  }

  void report() {
    output_.tell(fmt::format("{} of {} requests ended: {}", format_whole(tally_.ended()),
                             format_whole(plan_.count), tally_.endings_text()));
  }

  /// Why it was not all that was wanted, if so.
  std::optional<Error> shortfall() const {
    if (tally_.answered() == plan_.count) return std::nullopt;
    return Error{
        .code = ErrorCode::kTimedOut,
        .message = fmt::format(
            "{} of {} requests to {} were not answered: {}",
            format_whole(plan_.count - tally_.answered()), format_whole(plan_.count), *total_.peer,
            plan_.raw ? "the server may be down or overloaded"
                      : tally_.why().value_or("the server may be down or overloaded"))};
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

Json failure_of_many(const Error& error, bool raw) {
  return Tally{raw}.json({}, error);
}

int request_many(const RequestPlan& plan, Output& output, Control& control) {
  return ManyRequests{plan, output, control}.run();
}

}  // namespace volley::cli
