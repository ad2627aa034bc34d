#pragma once

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

namespace volley::cli {

/// A JSON value (json.hpp); an object's fields stay in the order they were written.
using Json = nlohmann::ordered_json;

/// What the process ends with, the same for every verb.
enum class ExitCode : int {
  kDone = 0,
  kNoAnswer = 1,  ///< Or a threshold failed.
  kUsage = 2,
  kSystem = 3,
  kRefused = 4,
};

/// The code for a failure that ends a verb.
ExitCode exit_code_for(ErrorCode code);

inline std::unexpected<Error> failure(ErrorCode code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}
/// A mistake in what was typed.
inline std::unexpected<Error> invalid(std::string message) {
  return failure(ErrorCode::kInvalid, std::move(message));
}

/// How a verb was asked to speak.
struct OutputFlags {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
};

/// Where a verb's results and words go: data on standard output, words on standard error. Words are
/// made printable here, so they may hold anything. Any thread; each call is written whole.
///
/// The first failure to write data is remembered: broken() tells loops to end, and finish() reports
/// it.
class Output {
 public:
  /// A failure as a JSON object: without, {"error": "…"}.
  using Failure = std::function<Json(const Error&)>;

  /// `help` is the command that tells more, for those who typed something wrong.
  explicit Output(const OutputFlags& flags, std::string help = "volley help", Failure failure = {});

  bool is_json() const { return flags_.json; }
  bool is_verbose() const { return flags_.verbose; }

  /// Bytes as they are.
  void data(Bytes bytes);
  /// One line of text.
  void line(std::string_view text);
  void json(const Json& object);

  /// A line of words, unless -q.
  void say(std::string_view words);
  /// A line of words that was asked for by a flag or a signal, whatever -q says.
  void tell(std::string_view words);
  /// A line of words with -v.
  void detail(std::string_view words);

  bool broken() const { return broken_.load(std::memory_order_relaxed); }

  /// What the process returns: `code`, or kSystem, and why, if data could not be written.
  [[nodiscard]] int finish(ExitCode code);
  /// Reports what ends a verb, as JSON too if that is asked for.
  [[nodiscard]] int fail(const Error& error);
  [[nodiscard]] int fail(const Error& error, ExitCode code, const Json& object);
  /// The same for a failure that is in the JSON already.
  [[nodiscard]] int fail_told(const Error& error);

 private:
  void tell_error(std::string_view words);

  OutputFlags flags_;
  std::string help_;
  Failure failure_;
  std::atomic<bool> broken_ = false;
  std::mutex mutex_;  // Guards why_broken_.
  Error why_broken_;
};

}  // namespace volley::cli
