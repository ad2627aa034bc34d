#pragma once

#include <atomic>
#include <mutex>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/json.hpp"

namespace volley::cli {

/// How a verb was asked to speak.
struct OutputFlags {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
};

/// Where a verb's results and words go: data on standard output, words on standard error. Words are
/// escaped here, so they may quote anything. Any thread; each call is written whole.
///
/// The first failure to write data is remembered: broken() tells loops to end, and finish() reports
/// it.
class Output {
 public:
  explicit Output(const OutputFlags& flags) : flags_{flags} {}

  bool is_json() const { return flags_.json; }
  bool is_verbose() const { return flags_.verbose; }

  /// Bytes as they are.
  void data(Bytes bytes);
  /// One line of text, escaped.
  void line(std::string_view text);
  void json(const JsonObject& object);

  /// A line of words, unless -q.
  void say(std::string_view words);
  /// A line of words that was asked for by a flag, whatever -q says.
  void tell(std::string_view words);
  /// A line of words with -v.
  void detail(std::string_view words);
  void error(std::string_view words);

  bool broken() const { return broken_.load(std::memory_order_relaxed); }

  /// What the process returns: `code`, or kSystem, and why, if data could not be written.
  [[nodiscard]] int finish(ExitCode code);
  /// Reports what ends a verb, as JSON too if that is asked for: {"error": …}.
  [[nodiscard]] int fail(const Error& error);

 private:
  OutputFlags flags_;
  std::atomic<bool> broken_ = false;
  std::mutex mutex_;  // Guards failure_.
  Error failure_;
};

}  // namespace volley::cli
