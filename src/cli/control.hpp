#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "os/signals.hpp"

namespace volley::cli {

/// What reaches a running verb from outside: "stop" and "report". Both are carried out on the
/// watcher's thread. While a verb only prepares (reads its body, resolves a name) nothing can be
/// stopped halfway: the process ends there and then.
class Control {
 public:
  using Action = std::function<void()>;

  /// `while_preparing` reports and ends the process.
  explicit Control(Action while_preparing) : stop_{std::move(while_preparing)} {}
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Takes the signals; with a deadline, time is up then as if somebody had said stop.
  [[nodiscard]] Result<os::SignalWatcher> watch(std::optional<Instant> deadline = {});

  /// From here on this is what ends the verb; it is called at once if the word came already.
  void set_stop(Action stop);
  /// From here on this is what gives an interim report.
  void set_report(Action report);

 private:
  void handle(os::Notice notice);

  std::mutex mutex_;
  Action stop_;
  Action report_ = [] {};
  bool stopped_ = false;
};

}  // namespace volley::cli
