#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/error.hpp>

namespace volley::cli {

/// What a verb is called with, after its own name.
using Arguments = std::span<const std::string>;

/// What a verb's help begins with.
struct VerbHelp {
  std::string_view verb;
  std::string_view summary;
  std::string_view examples;  ///< Whole lines, without indentation.
  std::string_view notes;     ///< Whole lines after the flags; may be empty.
};

/// The flags and operands of one verb. Values are read as they are met: a target keeps what it had
/// if its flag is not given. Targets must outlive the parser.
class Parser {
 public:
  /// Reads one value into its place, or says what to type instead.
  using Read = std::function<Result<void>(const std::string& value)>;

  explicit Parser(const VerbHelp& help);
  Parser(Parser&&) = delete;
  ~Parser();

  /// Flags registered from here on stand under this title in the help.
  void section(std::string_view title);

  void operand(std::string_view name, std::string_view help, std::optional<std::string>& target);
  /// `names` as in "-v,--verbose".
  void flag(std::string_view names, std::string_view help, bool& target);
  /// "--loop" and "--no-loop".
  void choice(std::string_view name, std::string_view help, std::optional<bool>& target);
  void option(std::string_view names, std::string_view value, std::string_view help, Read read);
  void option(std::string_view names, std::string_view value, std::string_view help,
              std::optional<std::string>& target);
  template <class T>
  void option(std::string_view names, std::string_view value, std::string_view help,
              std::optional<T>& target, Result<T> (*read)(std::string_view)) {
    option(names, value, help, [&target, read](const std::string& text) -> Result<void> {
      auto parsed = read(text);
      if (!parsed) return std::unexpected(std::move(parsed.error()));
      target = std::move(*parsed);
      return {};
    });
  }
  /// A whole number from `least` to `most`.
  void whole(std::string_view names, std::string_view value, std::string_view help,
             std::optional<std::uint64_t>& target, std::uint64_t least, std::uint64_t most);
  /// May be given again and again.
  void options(std::string_view names, std::string_view value, std::string_view help,
               std::vector<std::string>& target);

  /// Reads the arguments. Nothing: go on. Else the verb is over and returns this: help was asked
  /// for and printed, or something was wrong and said.
  [[nodiscard]] std::optional<int> run(Arguments arguments);
  /// Reports a mistake in what was typed that only the verb could see.
  [[nodiscard]] int usage_error(std::string_view message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reports a mistake in the command line, as JSON too if `arguments` hold --json, and returns the
/// code to exit with. `help` names the command that tells more.
[[nodiscard]] int report_usage_error(Arguments arguments, std::string_view message,
                                     std::string_view help);

}  // namespace volley::cli
