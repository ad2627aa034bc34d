#include <fmt/format.h>

#include <algorithm>

#include "cli/parser.hpp"

namespace volley::cli {

namespace {

constexpr std::size_t kColumn = 28;  // Where the explanations begin.
constexpr std::size_t kWidth = 100;

/// The names as people write them, `-v, --verbose`, long ones below each other.
std::string heading(std::string_view names, std::string_view value) {
  std::string text;
  const std::size_t comma = names.find(',');
  if (comma != std::string_view::npos) {
    text = fmt::format("{}, {}", names.substr(0, comma), names.substr(comma + 1));
  } else {
    text = fmt::format("{}{}", names.starts_with("--") ? "    " : "", names);
  }
  if (!value.empty()) text += fmt::format(" {}", value);
  return text;
}

/// Adds `help` from the given column on, broken between words.
void append_wrapped(std::string& out, std::string_view help, std::size_t column) {
  while (!help.empty()) {
    const std::size_t end = std::min(help.find(' '), help.size());
    if (column + 1 + end > kWidth) {
      out += fmt::format("\n{:{}}", "", kColumn - 1);
      column = kColumn - 1;
    }
    out += fmt::format(" {}", help.substr(0, end));
    column += 1 + end;
    help.remove_prefix(std::min(end + 1, help.size()));
  }
  out += '\n';
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

void append_entry(std::string& out, const Entry& entry) {
  const std::string start = fmt::format("  {}", heading(entry.names, entry.value));
  out += start;
  std::size_t column = start.size();
  if (column > kColumn - 1) {
    out += '\n';
    column = 0;
  }
  out += fmt::format("{:{}}", "", kColumn - 1 - column);
  append_wrapped(out, entry.help, kColumn - 1);
}

}  // namespace

std::string help_text(const VerbHelp& help, std::span<const Entry> operands,
                      std::span<const Entry> flags) {
  std::string out = fmt::format("volley {}: {}\n\nExamples:\n{}\nUsage: volley {} [FLAGS]",
                                help.verb, help.summary, indented(help.examples), help.verb);
  for (const Entry& operand : operands) out += fmt::format(" {}", operand.names);
  out += '\n';
  std::string_view section;
  for (const std::span<const Entry> entries : {operands, flags}) {
    for (const Entry& entry : entries) {
      if (entry.section != section) out += fmt::format("\n{}:\n", entry.section);
      section = entry.section;
      append_entry(out, entry);
    }
  }
  if (!help.notes.empty()) out += fmt::format("\n{}", help.notes);
  return out;
}

}  // namespace volley::cli
