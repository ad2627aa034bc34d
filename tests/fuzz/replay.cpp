#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mutate.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

constexpr const char* kUsage =
    "usage: NAME [--inputs N] [--seed S]   the seeds, then N inputs made of them\n"
    "       NAME --write FOLDER            writes the seeds, one a file\n"
    "       NAME FILE...                   these inputs\n";

int write(const std::string& folder) {
  std::uint64_t number = 0;
  for (const Input& input : seeds()) {
    const std::string path = fmt::format("{}/seed-{:03}", folder, number++);
    std::ofstream file{path, std::ios::binary};
    const std::string_view text = as_text(input);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file) return fmt::print(stderr, "cannot write {}; make the folder first\n", path), 3;
  }
  return 0;
}

int replay(const char* path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return fmt::print(stderr, "cannot read {}\n", path), 3;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  try_input(as_bytes(text));
  return 0;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

int main_of(const std::vector<std::string>& arguments) {
  std::uint64_t inputs = 10'000;
  std::uint64_t seed = 1;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      if (const int code = replay(arguments[i].c_str()); code != 0) return code;
      if (i + 1 == arguments.size()) return 0;
      continue;
    }
    if (i + 1 == arguments.size()) return fmt::print(stderr, "{}", kUsage), 2;
    const std::string& value = arguments[++i];
    if (arguments[i - 1] == "--write") return write(value);
    const auto read = number(value);
    if (!read) return fmt::print(stderr, "{}", kUsage), 2;
    if (arguments[i - 1] == "--inputs")
      inputs = *read;
    else if (arguments[i - 1] == "--seed")
      seed = *read;
    else
      return fmt::print(stderr, "{}", kUsage), 2;
  }
  try_many(inputs, seed);
  return 0;
}

}  // namespace
}  // namespace volley::fuzz

int main(int count, char** arguments) {
  return volley::fuzz::main_of({arguments + 1, arguments + count});
}
