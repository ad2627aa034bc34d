#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.hpp"

namespace volley::fuzz {

using Input = std::vector<std::byte>;

/// An input made of one of `corpus`, and perhaps a piece of another, with a few changes.
Input mutate(const std::vector<Input>& corpus, Random& random);

/// Tries the seeds, then so many inputs made of them: the same for the same `seed`, which it
/// prints.
void try_many(std::uint64_t inputs, std::uint64_t seed);

}  // namespace volley::fuzz
