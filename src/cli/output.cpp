#include "cli/output.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "os/files.hpp"
#include "os/terminal.hpp"

namespace volley::cli {

namespace {

/// An error quotes what was typed, which may be as long as the system allows.
constexpr std::size_t kMostWords = 1000;

std::string shortened(std::string_view words) {
  if (words.size() <= kMostWords) return std::string{words};
  const std::size_t half = kMostWords / 2;
  return fmt::format("{} […] {}", words.substr(0, half), words.substr(words.size() - half));
}

}  // namespace

ExitCode exit_code_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return ExitCode::kUsage;
    case ErrorCode::kRefused:
      return ExitCode::kRefused;
    case ErrorCode::kTimedOut:
    case ErrorCode::kStopped:
      return ExitCode::kNoAnswer;
    default:
      return ExitCode::kSystem;
  }
}

Output::Output(const OutputFlags& flags, std::string help, Failure failure)
    : flags_{flags}, help_{std::move(help)}, failure_{std::move(failure)} {}

void Output::data(Bytes bytes) {
  if (broken()) return;
  auto written = os::write_all(os::Stream::kOutput, bytes);
  if (written) return;
  const std::lock_guard lock{mutex_};
  if (!broken()) why_broken_ = std::move(written.error());
  broken_.store(true, std::memory_order_relaxed);
}

void Output::json(const Json& object) {
  data(as_bytes(to_line(object)));
}

void Output::line(std::string_view text) {
  data(as_bytes(printable(text) + "\n"));
}

void Output::say(std::string_view words) {
  if (!flags_.quiet) tell(words);
}

void Output::tell(std::string_view words) {
  // Nobody is left to tell that standard error is broken.
  [[maybe_unused]] const auto told =
      os::write_all(os::Stream::kError, as_bytes(printable(words) + "\n"));
}

void Output::detail(std::string_view words) {
  if (flags_.verbose) tell(words);
}

void Output::tell_error(std::string_view words) {
  const bool color = !flags_.no_color && os::takes_color(os::Stream::kError);
  const std::string line = fmt::format(
      "{} {}\n", color ? "\x1b[1;31merror:\x1b[0m" : "error:", printable(shortened(words)));
  [[maybe_unused]] const auto told = os::write_all(os::Stream::kError, as_bytes(line));
}

int Output::finish(ExitCode code) {
  if (!broken()) return static_cast<int>(code);
  const std::lock_guard lock{mutex_};
  tell_error(why_broken_.message);
  return static_cast<int>(ExitCode::kSystem);
}

int Output::fail(const Error& error) {
  const Error brief{error.code, error.system_error, shortened(error.message)};
  return fail(error, exit_code_for(error.code),
              failure_ ? failure_(brief) : Json{{"error", brief.message}});
}

int Output::fail_told(const Error& error) {
  tell_error(error.message);
  return finish(exit_code_for(error.code));
}

int Output::fail(const Error& error, ExitCode code, const Json& object) {
  tell_error(error.message);
  if (code == ExitCode::kUsage) tell(fmt::format("see: {}", help_));
  if (is_json()) json(object);
  return finish(code);
}

}  // namespace volley::cli
