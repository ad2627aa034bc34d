#include "core/address_shares.hpp"

#include <new>

#include "base/check.hpp"

namespace volley {
namespace {

constexpr std::uint32_t kIpv4Zone = UINT32_MAX;

}  // namespace

AddressKey address_key(const IpAddress& address) {
  const bool ipv4 = address.family() == Family::kIpv4;
  AddressKey key{.zone = ipv4 ? kIpv4Zone : address.scope()};
  for (std::size_t i = 0; i < 8; ++i) {
    key.prefix = key.prefix << 8U | address.bytes()[ipv4 ? i + 8 : i];
  }
  return key;
}

AddressShares::AddressShares(BlockStore& store, const Limits& limits, std::uint64_t hash_secret)
    : store_{&store},
      most_memory_{limits.memory / BlockStore::kUnit},
      most_running_{limits.running},
      index_{store, Hash{SecretHash{hash_secret}}} {}

AddressShare* AddressShares::hold(const IpAddress& address) {
  const AddressKey key = address_key(address);
  Block block = index_.find(key);
  if (block == kNoBlock) {
    block = store_->allocate(sizeof(AddressShare));
    if (block == kNoBlock) return nullptr;
    new (store_->at(block)) AddressShare{.prefix = key.prefix, .zone = key.zone, .block = block};
    if (!index_.insert(block)) {
      store_->release(block);
      return nullptr;
    }
  }
  auto& share = store_->as<AddressShare>(block);
  ++share.holders;
  return &share;
}

void AddressShares::let_go(AddressShare& share) {
  if (--share.holders > 0) return;
  VOLLEY_CHECK(share.memory == 0 && share.running == 0);
  index_.erase(share.block);
  store_->release(share.block);
}

}  // namespace volley
