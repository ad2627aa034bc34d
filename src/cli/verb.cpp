#include "cli/verb.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "cli/json.hpp"

namespace volley::cli {

Result<os::SignalWatcher> Control::watch(std::optional<Instant> deadline) {
  return os::SignalWatcher::start([this](os::Notice notice) { handle(notice); }, deadline);
}

void Control::set(Actions actions) {
  const std::lock_guard lock{mutex_};
  actions_ = std::move(actions);
  if (stopped_) actions_.stop();
  if (expired_) actions_.expire();
}

void Control::handle(os::Notice notice) {
  const std::lock_guard lock{mutex_};
  switch (notice) {
    case os::Notice::kReport:
      return actions_.report();
    case os::Notice::kStop:
      stopped_ = true;
      return actions_.stop();
    case os::Notice::kDeadline:
      expired_ = true;
      return actions_.expire();
  }
}

Json Verb::as_json(const Error& error) const {
  return {{"error", error.message}};
}

int Verb::interrupted(Output& output) const {
  return output.fail(
      {.code = ErrorCode::kStopped, .message = "interrupted before anything was sent"});
}

int run_verb(Verb& verb, Arguments arguments) {
  Parser parser{verb.help()};
  verb.declare(parser);
  add_output_flags(parser, verb.output_flags);
  Result<void> good = parser.parse(arguments);
  if (parser.help_asked()) {
    Output output{{}};
    output.data(as_bytes(parser.help_text()));
    return output.finish(ExitCode::kDone);
  }

  Output output{verb.output_flags, fmt::format("volley {} --help", verb.help().verb),
                [&verb](const Error& error) { return verb.as_json(error); }};
  if (good && verb.output_flags.quiet && verb.output_flags.verbose) {
    good = invalid("-q and -v contradict each other; drop one of them");
  }
  if (good) good = verb.check();
  if (!good) return output.fail(good.error());

  Control control{{.stop = [&] { std::_Exit(verb.interrupted(output)); },
                   .report = [&] { output.tell("nothing to report yet: still preparing"); }}};
  const auto watcher = control.watch(verb.socket.deadline());
  if (!watcher) return output.fail(watcher.error());
  return verb.run(output, control);
}

}  // namespace volley::cli
