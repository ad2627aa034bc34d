#include <fmt/format.h>

#include <string>
#include <utility>

#include <volley/clock.hpp>

#include "cli/request_plan.hpp"
#include "cli/summary.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// Many requests to the first of a plan's targets that does not refuse them.
class ManyRequests {
 public:
  ManyRequests(const RequestPlan& plan, Output& output, Control& control)
      : plan_{plan}, output_{output}, control_{control} {
    control_.set_report([this] {
      output_.tell(fmt::format(
          "{} of {} requests ended: {} answered, {} without an answer, {} refused",
          format_whole(tally_.ended()), format_whole(plan_.count), format_whole(tally_.answered()),
          format_whole(tally_.no_answer()), format_whole(tally_.refused())));
    });
  }
  ManyRequests(const ManyRequests&) = delete;
  ManyRequests& operator=(const ManyRequests&) = delete;
  ~ManyRequests() {
    control_.set_report([] {});
  }

  int run() {
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      const bool last = i + 1 == plan_.targets.size();
      if (const auto code = ask(plan_.targets[i], last)) return *code;
      tally_.clear();
    }
    return static_cast<int>(ExitCode::kNoAnswer);
  }

 private:
  /// Asks one target. Nothing: try the next.
  std::optional<int> ask(const Endpoint& target, bool last) {
    auto options = client_options(plan_, target);
    if (output_.is_verbose()) {
      options.on_wait = [this](unsigned, Duration wait) {
        output_.detail(fmt::format("waiting up to {} seconds for a reply", format_seconds(wait)));
      };
    }
    auto client = RawClient::open(target, std::move(options));
    if (!client) {
      if (!last && may_try_next(client.error().code)) {
        output_.detail(fmt::format("{}; trying the next address", client.error().message));
        return std::nullopt;
      }
      return output_.fail(client.error());
    }

    control_.set_stop([&client] { client->stop(); });
    const Instant start = now();
    const Result<void> done = exchange(*client, last);
    const Duration elapsed = now() - start;
    control_.set_stop([] {});
    if (!last && refused_at_once()) {
      output_.detail(fmt::format("{} refused; trying the next address", target.to_string()));
      return std::nullopt;
    }
    if (!done && done.error().code != ErrorCode::kStopped) return output_.fail(done.error());
    const RawClientCounters counters = client->counters();
    return finish({.requests = counters.requests,
                   .window = plan_.options.window,
                   .elapsed = elapsed,
                   .peer = target.to_string(),
                   .counters = counters,
                   .sees_strangers = !plan_.options.connected,
                   .has_matcher = plan_.options.matcher.has_value()},
                  done.has_value());
  }

  /// Keeps the window full until every request has ended.
  Result<void> exchange(RawClient& client, bool last) {
    for (std::uint64_t submitted = 0; submitted < plan_.count || client.in_flight() > 0;) {
      if (!last && refused_at_once()) return {};
      if (submitted < plan_.count && client.has_room()) {
        auto taken =
            client.submit(plan_.body, [this](const RawAnswer& answer) { tally_.add(answer); });
        if (taken) {
          ++submitted;
          continue;
        }
        // Out of descriptors, perhaps: those in flight give theirs back.
        if (taken.error().code != ErrorCode::kFull || client.in_flight() == 0) return taken;
      }
      if (auto turned = client.run_once(); !turned) return turned;
    }
    return {};
  }

  bool refused_at_once() const { return tally_.refused() > 0 && tally_.answered() == 0; }

  int finish(const Tally::Total& total, bool complete) {
    if (output_.is_json()) {
      output_.json(tally_.json(total));
    } else {
      output_.line(tally_.text(total));
    }
    if (!complete) {
      output_.error(fmt::format("interrupted after {} of {} requests to {}",
                                format_whole(tally_.ended()), format_whole(plan_.count),
                                total.peer));
      return output_.finish(ExitCode::kNoAnswer);
    }
    if (tally_.answered() == plan_.count) return output_.finish(ExitCode::kDone);
    if (tally_.refused() == plan_.count) {
      output_.error(
          fmt::format("{} refused every request: nothing listens on that port", total.peer));
      return output_.finish(ExitCode::kRefused);
    }
    output_.error(fmt::format(
        "{} of {} requests to {} were not answered: the server may be down or overloaded",
        format_whole(plan_.count - tally_.answered()), format_whole(plan_.count), total.peer));
    return output_.finish(ExitCode::kNoAnswer);
  }

  const RequestPlan& plan_;
  Output& output_;
  Control& control_;
  Tally tally_;
};

}  // namespace

int request_many(const RequestPlan& plan, Output& output, Control& control) {
  return ManyRequests{plan, output, control}.run();
}

}  // namespace volley::cli
