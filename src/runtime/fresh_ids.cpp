#include "runtime/fresh_ids.hpp"

#include "os/entropy.hpp"

namespace volley {
namespace {

/// At most half of all IDs are taken, so this many draws fail once in 2^64.
constexpr int kDraws = 64;

}  // namespace

std::byte FreshIds::next() {
  if (used_ == pool_.size()) {
    os::fill_random(pool_);
    used_ = 0;
  }
  return pool_[used_++];
}

std::optional<MatchId> FreshIds::draw(const RawClientCore& core, std::size_t size) {
  std::array<std::byte, 16> bytes{};
  for (int i = 0; i < kDraws; ++i) {
    for (std::byte& byte : MutableBytes{bytes}.first(size)) byte = next();
    const auto id = read_match_id(bytes, {.size = size});
    if (!core.id_taken(*id)) return id;
  }
  return std::nullopt;
}

}  // namespace volley
