#include <cstddef>
#include <cstdint>
#include <span>

#include "target.hpp"

// libFuzzer's side of a target: the names and the types are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  volley::fuzz::try_input(std::as_bytes(std::span{data, size}));
  return 0;
}
