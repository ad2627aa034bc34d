#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <volley/bytes.hpp>

namespace volley::fuzz {

// What every fuzz target has, each in a program of its own: libfuzzer.cpp makes one that searches,
// replay.cpp one that any compiler builds and that tries the same few thousand inputs each time.

/// Its name in a sentence, `server`.
extern const std::string_view kTarget;

/// Tries one input. Whatever it is, this returns, or ends the process by broken().
void try_input(Bytes input);

/// Inputs that go deep, for others to be made of.
std::vector<std::vector<std::byte>> seeds();

/// Ends the process: the input made the product break this promise.
[[noreturn]] void broken(const std::string& promise);

inline void require(bool holds, std::string_view promise) {
  if (!holds) broken(std::string{promise});
}

}  // namespace volley::fuzz
