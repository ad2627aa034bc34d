#include "bodies.hpp"

#include <cstring>
#include <utility>

#include "base/random.hpp"

namespace volley::sim {
namespace {

void fill(std::vector<std::byte>& into, std::uint64_t pattern, std::size_t size) {
  into.assign(size, static_cast<std::byte>(mix_bits(pattern)));
}

std::optional<std::uint64_t> word_at(Bytes bytes, std::size_t at) {
  std::uint64_t word = 0;
  if (bytes.size() < at + sizeof word) return std::nullopt;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

}  // namespace

void write_body(std::vector<std::byte>& into, Uid uid, std::size_t size) {
  const std::uint64_t word = std::to_underlying(uid);
  fill(into, word, size);
  std::memcpy(into.data(), &word, sizeof word);
}

void write_result(std::vector<std::byte>& into, Uid uid, std::uint64_t execution,
                  std::size_t size) {
  const std::uint64_t word = std::to_underlying(uid);
  fill(into, word + execution, size);
  std::memcpy(into.data(), &word, sizeof word);
  std::memcpy(into.data() + sizeof word, &execution, sizeof execution);
}

std::optional<Uid> uid_of(Bytes body) {
  const auto word = word_at(body, 0);
  if (!word) return std::nullopt;
  return Uid{*word};
}

std::optional<std::uint64_t> execution_of(Bytes result) {
  return word_at(result, sizeof(std::uint64_t));
}

}  // namespace volley::sim
