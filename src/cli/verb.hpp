#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "cli/flags.hpp"
#include "cli/output.hpp"
#include "cli/parser.hpp"
#include "os/signals.hpp"

namespace volley::cli {

/// What reaches a running verb from outside, carried out on the signals' own thread.
class Control {
 public:
  using Action = std::function<void()>;
  struct Actions {
    Action stop;
    Action report;
    Action expire = [] {};  ///< The time of --timeout has come.
  };

  /// `preparing` is what happens while a verb reads its body or resolves a name, where nothing can
  /// be stopped halfway: its `stop` ends the process there and then.
  explicit Control(Actions preparing) : actions_{std::move(preparing)} {}
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  [[nodiscard]] Result<os::SignalWatcher> watch(std::optional<Instant> deadline);

  /// While it lives, its actions are those that count; at once, for what has come already.
  class Running {
   public:
    Running(Control& control, Actions actions) : control_{control} {
      control_.set(std::move(actions));
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      control_.set({[] {}, [] {}});
    }

   private:
    Control& control_;
  };

 private:
  void set(Actions actions);
  void handle(os::Notice notice);

  std::mutex mutex_;
  Actions actions_;
  bool stopped_ = false;
  bool expired_ = false;
};

/// One verb of the command: its flags are its members.
class Verb {
 public:
  virtual ~Verb() = default;

  virtual const VerbHelp& help() const = 0;
  virtual void declare(Parser& parser) = 0;
  /// Finds what the flags contradict, before anything is opened or read. Fails with kInvalid.
  [[nodiscard]] virtual Result<void> check() { return {}; }
  /// Does it, and returns what the process exits with.
  virtual int run(Output& output, Control& control) = 0;
  /// How its failures look in JSON.
  virtual Json as_json(const Error& error) const;
  /// Told to stop before it began.
  virtual int interrupted(Output& output) const;

  OutputFlags output_flags;
  SocketFlags socket;
};

/// Reads the arguments and runs the verb.
int run_verb(Verb& verb, Arguments arguments);

// Each in a file of its own.
std::unique_ptr<Verb> make_serve();
std::unique_ptr<Verb> make_request();
std::unique_ptr<Verb> make_send();
std::unique_ptr<Verb> make_listen();
std::unique_ptr<Verb> make_mtu();
std::unique_ptr<Verb> make_port();
std::unique_ptr<Verb> make_ping();

}  // namespace volley::cli
