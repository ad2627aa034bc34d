#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/parser.hpp"

namespace volley::cli {

/// A verb's help, as it grows flag by flag: what it is for, examples, then every flag.
class HelpText {
 public:
  explicit HelpText(const VerbHelp& help) : help_{help} {}

  void section(std::string_view title);
  void operand(std::string_view name, std::string_view help);
  void flag(std::string_view names, std::string_view value, std::string_view help);

  /// Every `--name` there is.
  std::vector<std::string_view> long_names() const;
  std::string text() const;

 private:
  struct Entry {
    std::string names;
    std::string value;
    std::string_view help;
    std::string_view section;
  };

  VerbHelp help_;
  std::string usage_;
  std::string_view section_ = "Flags";
  std::vector<Entry> entries_;
};

}  // namespace volley::cli
