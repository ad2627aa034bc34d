#include "cli/output.hpp"

#include <fmt/format.h>

#include <string>

#include "cli/escape.hpp"
#include "os/files.hpp"
#include "os/terminal.hpp"

namespace volley::cli {

void Output::data(Bytes bytes) {
  if (broken()) return;
  auto written = os::write_all(os::Stream::kOutput, bytes);
  if (written) return;
  const std::lock_guard lock{mutex_};
  if (!broken()) failure_ = std::move(written.error());
  broken_.store(true, std::memory_order_relaxed);
}

void Output::line(std::string_view text) {
  data(as_bytes(escape(text) + "\n"));
}

void Output::json(const JsonObject& object) {
  data(as_bytes(object.text() + "\n"));
}

void Output::say(std::string_view words) {
  if (!flags_.quiet) tell(words);
}

void Output::tell(std::string_view words) {
  // Nobody is left to tell that standard error is broken.
  [[maybe_unused]] const auto told =
      os::write_all(os::Stream::kError, as_bytes(escape(words) + "\n"));
}

void Output::detail(std::string_view words) {
  if (flags_.verbose) tell(words);
}

void Output::error(std::string_view words) {
  const bool color = !flags_.no_color && os::takes_color(os::Stream::kError);
  const std::string_view prefix = color ? "\x1b[1;31merror:\x1b[0m " : "error: ";
  [[maybe_unused]] const auto told =
      os::write_all(os::Stream::kError, as_bytes(fmt::format("{}{}\n", prefix, escape(words))));
}

int Output::finish(ExitCode code) {
  if (!broken()) return static_cast<int>(code);
  const std::lock_guard lock{mutex_};
  error(failure_.message);
  return static_cast<int>(ExitCode::kSystem);
}

int Output::fail(const Error& failure) {
  error(failure.message);
  if (is_json()) json(JsonObject{}.set("error", failure.message));
  return finish(exit_code_for(failure.code));
}

}  // namespace volley::cli
