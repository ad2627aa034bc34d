#pragma once

#include <cstddef>
#include <vector>

#include "base/random.hpp"

namespace volley::fuzz {

using Input = std::vector<std::byte>;

/// An input made of one of `corpus`, and perhaps a piece of another, with a few changes.
Input mutate(const std::vector<Input>& corpus, Random& random);

}  // namespace volley::fuzz
