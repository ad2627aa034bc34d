#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::os {

/// What a SignalWatcher tells.
enum class Notice : std::uint8_t {
  kStop,      ///< SIGINT or SIGTERM, the first one.
  kReport,    ///< SIGUSR1: an interim report, please.
  kDeadline,  ///< The time given to start() has come.
};

/// Takes SIGINT, SIGTERM and SIGUSR1 away from the process and tells of them on a thread of its
/// own, where anything may be done. A second SIGINT or SIGTERM ends the process at once, with code
/// 130.
///
/// Start it before any other thread: the signals must be blocked in all of them.
class SignalWatcher {
 public:
  using Handler = std::function<void(Notice)>;

  /// Fails with kFull when no more files can be opened, or no thread started.
  [[nodiscard]] static Result<SignalWatcher> start(Handler handler,
                                                   std::optional<Instant> deadline = {});

  SignalWatcher(SignalWatcher&&) noexcept;
  /// Waits for a running handler; after that none runs.
  ~SignalWatcher();

 private:
  struct State;
  explicit SignalWatcher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Lets a closed pipe end the process without a word, as Unix tools do, whatever our parent chose.
void end_quietly_on_closed_pipe();

}  // namespace volley::os
