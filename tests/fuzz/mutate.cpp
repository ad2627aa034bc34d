#include "mutate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "target.hpp"

namespace volley::fuzz {
namespace {

constexpr std::size_t kLongest = 4'096;

std::byte draw_byte(Random& random) {
  // Small numbers are what most fields hold.
  return static_cast<std::byte>(random.below(random.below(2) == 0 ? 256 : 12));
}

/// A place in `input`, its end among them.
auto place(Input& input, Random& random) {
  return input.begin() + static_cast<std::ptrdiff_t>(random.below(input.size() + 1));
}

void change(Input& input, const Input& other, Random& random) {
  const auto at = place(input, random);
  const auto left = static_cast<std::size_t>(input.end() - at);
  switch (random.below(5)) {
    case 0:
      if (left > 0) *at = draw_byte(random);
      return;
    case 1:
      if (left > 0) *at ^= std::byte{1} << random.below(8);
      return;
    case 2:
      input.insert(at, 1 + random.below(8), draw_byte(random));
      return;
    case 3:
      input.erase(at, at + static_cast<std::ptrdiff_t>(std::min(left, random.below(16))));
      return;
    default: {
      const std::size_t from = random.below(other.size() + 1);
      const std::size_t size = std::min(other.size() - from, 1 + random.below(64));
      const auto first = other.begin() + static_cast<std::ptrdiff_t>(from);
      input.insert(at, first, first + static_cast<std::ptrdiff_t>(size));
    }
  }
}

}  // namespace

Input mutate(const std::vector<Input>& corpus, Random& random) {
  Input input = corpus[random.below(corpus.size())];
  for (std::uint64_t changes = 1 + random.below(12); changes > 0; --changes) {
    // A copy: a change may take a piece of the input itself.
    const Input other = corpus[random.below(corpus.size())];
    change(input, other, random);
  }
  if (input.size() > kLongest) input.resize(kLongest);
  return input;
}

void try_many(std::uint64_t inputs, std::uint64_t seed) {
  const std::vector<Input> corpus = seeds();
  for (const Input& input : corpus) try_input(input);
  fmt::print("{}: {} seed inputs, then {} made of them by --seed {}\n", kTarget, corpus.size(),
             inputs, seed);
  // What is printed must not be lost should one of them end the process.
  std::fflush(stdout);
  Random random{seed};
  for (std::uint64_t i = 0; i < inputs; ++i) try_input(mutate(corpus, random));
}

}  // namespace volley::fuzz
