#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/error.hpp>

namespace volley::cli {

/// What a verb's help begins and ends with.
struct VerbHelp {
  std::string_view verb;
  std::string_view summary;
  std::string_view examples;  ///< Whole lines, without indentation.
  std::string_view notes;     ///< Whole lines after the flags; may be empty.
};

/// A flag or an operand, and what reads its value.
struct Entry {
  std::string_view names;  ///< "-v,--verbose", or "HOST[:PORT]".
  std::string_view value;  ///< What its value is called; empty: it takes none.
  std::string_view help;
  std::string_view section;
  std::function<Result<void>(const std::string& value)> read;
  bool repeats = false;  ///< May be given again and again.
  int given = 0;
};

/// A verb's help: what it is for, examples, then every operand and flag.
std::string help_text(const VerbHelp& help, std::span<const Entry> operands,
                      std::span<const Entry> flags);

/// What a verb is called with, after its own name.
using Arguments = std::span<const std::string>;

/// The flags and operands of one verb. Values are read as they are met: a target keeps what it had
/// if its flag is not given. Targets must outlive the parser.
class Parser {
 public:
  explicit Parser(const VerbHelp& help) : help_{help} {}
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Flags registered from here on stand under this title in the help.
  void section(std::string_view title) { section_ = title; }

  void operand(std::string_view name, std::string_view help, std::optional<std::string>& target);
  /// `names` as in "-v,--verbose".
  void flag(std::string_view names, std::string_view help, bool& target);
  /// A flag and its opposite.
  void choice(std::string_view yes, std::string_view no, std::string_view help,
              std::optional<bool>& target);
  void option(std::string_view names, std::string_view value, std::string_view help,
              std::optional<std::string>& target);
  /// `read` gives the value of a text, or says what to type instead.
  template <class T>
  void option(std::string_view names, std::string_view value, std::string_view help,
              std::optional<T>& target, Result<T> (*read)(std::string_view)) {
    add(names, value, help, [&target, read](const std::string& text) -> Result<void> {
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

  /// Reads the arguments, all of them: even after a mistake, a later --json or --help counts. Fails
  /// with kInvalid for the first mistake.
  [[nodiscard]] Result<void> parse(Arguments arguments);
  bool help_asked() const { return help_asked_; }
  std::string help_text() const { return cli::help_text(help_, operands_, flags_); }

 private:
  using Read = decltype(Entry::read);
  Entry& add(std::string_view names, std::string_view value, std::string_view help, Read read);
  Entry* find(std::string_view name);
  void take_operand(const std::string& word);
  void take_long(std::string_view word);
  void take_short(std::string_view word);
  void take_value(Entry& entry, std::string_view name, std::optional<std::string> value);
  void wrong(std::string message);
  std::string unknown(std::string_view name) const;

  VerbHelp help_;
  std::string_view section_ = "Flags";
  std::vector<Entry> operands_;
  std::vector<Entry> flags_;
  bool help_asked_ = false;
  Arguments left_;                      // Not read yet.
  std::optional<std::string> mistake_;  // The first one.
};

}  // namespace volley::cli
