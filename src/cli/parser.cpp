#include "cli/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/nearest.hpp"
#include "cli/escape.hpp"
#include "cli/output.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

/// Flags that most verbs share: those who know one look for it in a verb that has none.
constexpr std::array<std::string_view, 11> kShared{
    "-4",       "-6",    "-i",    "--interface", "--source", "--timeout",
    "--option", "--raw", "--hex", "--text",      "--file"};

/// Of "-i,--interface" the second.
std::string_view long_name(std::string_view names) {
  return names.substr(names.rfind(',') + 1);
}

/// "-1" is a number and "-----" is text.
bool looks_like_flag(std::string_view word) {
  if (word.size() < 2 || word[0] != '-' || word.starts_with("---")) return false;
  return word[1] < '0' || word[1] > '9' || word == "-4" || word == "-6";
}

/// Reads a text as it is.
template <class Target>
auto assign(Target& target) {
  return [&target](const std::string& text) -> Result<void> {
    target = text;
    return {};
  };
}

}  // namespace

Entry& Parser::add(std::string_view names, std::string_view value, std::string_view help,
                   Read read) {
  return flags_.emplace_back(names, value, help, section_, std::move(read));
}

void Parser::operand(std::string_view name, std::string_view help,
                     std::optional<std::string>& target) {
  operands_.emplace_back(name, "", help, "Operands", assign(target));
}

void Parser::flag(std::string_view names, std::string_view help, bool& target) {
  const auto set = [&target](const std::string&) -> Result<void> {
    target = true;
    return {};
  };
  add(names, "", help, set).repeats = true;
}

void Parser::choice(std::string_view yes, std::string_view no, std::string_view help,
                    std::optional<bool>& target) {
  const auto set = [&](std::string_view other, bool value) {
    return [&target, other, value](const std::string&) -> Result<void> {
      if (target == !value) return invalid(fmt::format("{} says the opposite; drop one", other));
      target = value;
      return {};
    };
  };
  add(yes, "", help, set(no, true)).repeats = true;
  add(no, "", "the opposite", set(yes, false)).repeats = true;
}

void Parser::option(std::string_view names, std::string_view value, std::string_view help,
                    std::optional<std::string>& target) {
  add(names, value, help, assign(target));
}

void Parser::whole(std::string_view names, std::string_view value, std::string_view help,
                   std::optional<std::uint64_t>& target, std::uint64_t least, std::uint64_t most) {
  add(names, value, help, [&target, least, most](const std::string& text) -> Result<void> {
    const auto number = parse_whole(text, least, most);
    if (!number) return std::unexpected(number.error());
    target = *number;
    return {};
  });
}

void Parser::options(std::string_view names, std::string_view value, std::string_view help,
                     std::vector<std::string>& target) {
  const auto append = [&target](const std::string& text) -> Result<void> {
    target.push_back(text);
    return {};
  };
  add(names, value, help, append).repeats = true;
}

Result<void> Parser::parse(Arguments arguments) {
  flag("-h,--help", "this text", help_asked_);
  bool flags_are_over = false;
  for (left_ = arguments; !left_.empty();) {
    const std::string& word = left_.front();
    left_ = left_.subspan(1);
    if (flags_are_over || !looks_like_flag(word)) {
      take_operand(word);
    } else if (word == "--") {
      flags_are_over = true;
    } else {
      word.starts_with("--") ? take_long(word) : take_short(word);
    }
  }
  return mistake_ ? invalid(*mistake_) : Result<void>{};
}

Entry* Parser::find(std::string_view name) {
  const auto found = std::ranges::find_if(flags_, [name](const Entry& entry) {
    return long_name(entry.names) == name || entry.names.substr(0, entry.names.find(',')) == name;
  });
  return found == flags_.end() ? nullptr : &*found;
}

void Parser::take_operand(const std::string& word) {
  const auto next = std::ranges::find(operands_, 0, &Entry::given);
  if (next == operands_.end()) {
    const bool text = !operands_.empty() && operands_.back().names == "[BODY]";
    return wrong(fmt::format("unexpected argument {}{}", quote(word),
                             text ? ": text with spaces needs quotes" : ""));
  }
  take_value(*next, next->names, word);
}

/// `--name`, `--name=value`, or `--name` and the value after it.
void Parser::take_long(std::string_view word) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  Entry* const entry = find(name);
  if (entry == nullptr) return wrong(unknown(name));
  if (equals == std::string_view::npos) return take_value(*entry, name, {});
  if (entry->value.empty()) wrong(fmt::format("{} takes no value", name));
  take_value(*entry, name, std::string{word.substr(equals + 1)});
}

/// `-q`, `-qv`, `-i value` or `-ivalue`.
void Parser::take_short(std::string_view word) {
  for (std::size_t at = 1; at < word.size(); ++at) {
    const std::string name{'-', word[at]};
    Entry* const entry = find(name);
    if (entry == nullptr) return wrong(unknown(word));
    const std::string rest{word.substr(at + 1)};
    if (!entry->value.empty() && !rest.empty()) return take_value(*entry, name, rest);
    take_value(*entry, name, {});
  }
}

void Parser::take_value(Entry& entry, std::string_view name, std::optional<std::string> value) {
  if (!entry.value.empty() && !value) {
    if (left_.empty()) return wrong(fmt::format("{} needs a value", name));
    value = left_.front();
    left_ = left_.subspan(1);
  }
  if (++entry.given > 1 && !entry.repeats) {
    return wrong(fmt::format("{} is given more than once; give it once", long_name(entry.names)));
  }
  if (const auto done = entry.read(value.value_or("")); !done) {
    wrong(fmt::format("{}: {}", long_name(entry.names), done.error().message));
  }
}

void Parser::wrong(std::string message) {
  if (!mistake_) mistake_ = std::move(message);
}

std::string Parser::unknown(std::string_view name) const {
  if (std::ranges::find(kShared, name) != kShared.end()) {
    const bool binds =
        std::ranges::find(operands_, "[[ADDR:]PORT]", &Entry::names) != operands_.end() &&
        name == "--source";
    return fmt::format("{} takes no {}{}", help_.verb, name,
                       binds ? fmt::format("; say {} ADDR:PORT", help_.verb) : "");
  }
  std::vector<std::string_view> names;
  names.reserve(flags_.size());
  for (const Entry& entry : flags_) names.push_back(long_name(entry.names));
  if (const auto meant = nearest(name, names)) {
    return fmt::format("unknown flag {}; did you mean {}?", name, *meant);
  }
  return fmt::format("unknown flag {}; text that begins with a dash goes after --", name);
}

}  // namespace volley::cli
