#include "cli/parser.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/nearest.hpp"
#include "cli/escape.hpp"
#include "cli/exit_code.hpp"
#include "cli/help_text.hpp"
#include "cli/output.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// Of "-i,--interface" the second.
std::string_view long_name(std::string_view names) {
  return names.substr(names.rfind(',') + 1);
}

/// CLI11 begins with the flag: "--count: 1 required N missing", "json was given a disallowed …".
std::string in_our_words(const CLI::ArgumentMismatch& error) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find_first_of(": "));
  if (name.starts_with('-')) return fmt::format("{} needs a value", name);
  return fmt::format("{}{} takes no value", name.size() == 1 ? "-" : "--", name);
}

}  // namespace

struct Parser::State {
  VerbHelp help;
  CLI::App app;
  HelpText text;
  Arguments arguments;
  int operands = 0;
  std::optional<std::string> mistake;  // The first one that a reader found.

  explicit State(const VerbHelp& verb) : help{verb}, text{verb} {
    app.set_help_flag("-h,--help");
    // Strangers are collected, so that the message can say what was meant.
    app.allow_extras();
  }

  void read(std::string_view names, const Read& reader, const std::string& value) {
    if (mistake) return;
    if (const auto done = reader(value); !done) {
      mistake = fmt::format("{}: {}", long_name(names), done.error().message);
    }
  }

  enum class Repeat : bool { kOnce, kAny };

  /// Takes one value each time it is given; how often it may be is for us to say, in our words.
  void add(const std::string& names, Repeat repeat, Read reader) {
    app.add_option(names,
                   [this, names, repeat, reader = std::move(reader)](const CLI::results_t& values) {
                     if (repeat == Repeat::kOnce && values.size() > 1 && !mistake) {
                       mistake = fmt::format("{} is given {} times; give it once", long_name(names),
                                             values.size());
                     }
                     for (const std::string& value : values) read(names, reader, value);
                     return true;
                   })
        ->expected(CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false);
  }

  std::optional<std::string> stranger() const {
    const std::vector<std::string> left = app.remaining();
    // CLI11 leaves the -- itself, where it stood: behind it there are no flags.
    const auto end_of_flags = std::ranges::find(left, "--");
    for (auto word = left.begin(); word != left.end(); ++word) {
      if (word == end_of_flags) continue;
      if (word > end_of_flags || !word->starts_with('-') || *word == "-") {
        return fmt::format("unexpected argument {}: text with spaces needs quotes", quote(*word));
      }
      const std::string name = word->substr(0, word->find('=', 2));
      const auto candidates = text.long_names();
      if (const auto meant = nearest(name, candidates)) {
        return fmt::format("unknown flag {}; did you mean {}?", name, *meant);
      }
      return fmt::format("unknown flag {}; text that begins with a dash goes after --", name);
    }
    return std::nullopt;
  }
};

Parser::Parser(const VerbHelp& help) : state_{std::make_unique<State>(help)} {}
Parser::~Parser() = default;

void Parser::section(std::string_view title) {
  state_->text.section(title);
}

void Parser::operand(std::string_view name, std::string_view help,
                     std::optional<std::string>& target) {
  state_->text.operand(name, help);
  // The name that people see, HOST[:PORT], is none that CLI11 would take.
  state_->app
      .add_option(fmt::format("operand{}", ++state_->operands),
                  [&target](const CLI::results_t& values) {
                    target = values.front();
                    return true;
                  })
      ->expected(1);
}

void Parser::flag(std::string_view names, std::string_view help, bool& target) {
  state_->text.flag(names, "", help);
  state_->app.add_flag_function(std::string{names}, [&target](std::int64_t) { target = true; })
      ->disable_flag_override();
}

void Parser::choice(std::string_view name, std::string_view help, std::optional<bool>& target) {
  const std::string opposite = fmt::format("--no-{}", name.substr(2));
  state_->text.flag(name, "", help);
  state_->text.flag(opposite, "", "the opposite");
  state_->app
      .add_flag_function(fmt::format("{},!{}", name, opposite),
                         [this, &target, name, opposite](std::int64_t count) {
                           target = count > 0;
                           if (count == 0)
                             state_->mistake =
                                 fmt::format("{} and {} contradict each other", name, opposite);
                         })
      ->disable_flag_override();
}

void Parser::option(std::string_view names, std::string_view value, std::string_view help,
                    Read read) {
  state_->text.flag(names, value, help);
  state_->add(std::string{names}, State::Repeat::kOnce, std::move(read));
}

void Parser::option(std::string_view names, std::string_view value, std::string_view help,
                    std::optional<std::string>& target) {
  option(names, value, help, [&target](const std::string& text) -> Result<void> {
    target = text;
    return {};
  });
}

void Parser::whole(std::string_view names, std::string_view value, std::string_view help,
                   std::optional<std::uint64_t>& target, std::uint64_t least, std::uint64_t most) {
  option(names, value, help, [&target, least, most](const std::string& text) -> Result<void> {
    auto number = parse_whole(text, least, most);
    if (!number) return std::unexpected(std::move(number.error()));
    target = *number;
    return {};
  });
}

void Parser::options(std::string_view names, std::string_view value, std::string_view help,
                     std::vector<std::string>& target) {
  state_->text.flag(names, value, help);
  state_->add(std::string{names}, State::Repeat::kAny,
              [&target](const std::string& text) -> Result<void> {
                target.push_back(text);
                return {};
              });
}

std::optional<int> Parser::run(Arguments arguments) {
  state_->arguments = arguments;
  // CLI11 takes them from the back.
  std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
  try {
    state_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    Output output{{}};
    output.data(as_bytes(state_->text.text()));
    return output.finish(ExitCode::kDone);
  } catch (const CLI::ArgumentMismatch& error) {
    return usage_error(in_our_words(error));
  } catch (const std::exception& error) {
    return usage_error(error.what());
  }
  if (auto stranger = state_->stranger()) return usage_error(*stranger);
  if (state_->mistake) return usage_error(*state_->mistake);
  return std::nullopt;
}

int Parser::usage_error(std::string_view message) const {
  return report_usage_error(state_->arguments, message,
                            fmt::format("volley {} --help", state_->help.verb));
}

int report_usage_error(Arguments arguments, std::string_view message, std::string_view help) {
  const auto end = std::ranges::find(arguments, "--");
  Output output{{.json = std::find(arguments.begin(), end, "--json") != end}};
  output.error(message);
  output.tell(fmt::format("see: {}", help));
  if (output.is_json()) output.json(JsonObject{}.set("error", message));
  return output.finish(ExitCode::kUsage);
}

}  // namespace volley::cli
