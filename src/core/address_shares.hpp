#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/endpoint.hpp>

#include "core/block_index.hpp"
#include "core/block_store.hpp"
#include "core/secret_hash.hpp"

namespace volley {

/// An IPv4 address, or the /64 of an IPv6 address: one host can have every address in it.
struct AddressKey {
  std::uint64_t prefix = 0;
  std::uint32_t zone = 0;  ///< The scope of an IPv6 address, or a mark of IPv4.

  bool operator==(const AddressKey&) const = default;
};
AddressKey address_key(const IpAddress& address);

/// What one address holds of the server's tables.
struct AddressShare {
  AddressKey key() const { return {.prefix = prefix, .zone = zone}; }

  std::uint64_t prefix = 0;
  std::uint32_t zone = 0;
  Block next = kNoBlock;     ///< The index's.
  Block block = kNoBlock;    ///< Its own.
  std::uint32_t memory = 0;  ///< In units of BlockStore::kUnit bytes.
  std::uint32_t running = 0;
  std::uint32_t holders = 0;
};
static_assert(sizeof(AddressShare) == 32);

/// How much of the server's tables each address holds, so that no one fills them alone (protocol.md
/// §6.9). An address has a record, which stays where it is, as long as somebody holds it. One
/// thread.
class AddressShares {
 public:
  struct Limits {
    std::size_t memory;  ///< Bytes.
    std::size_t running;
  };
  AddressShares(BlockStore& store, const Limits& limits, std::uint64_t hash_secret);

  /// The record of an address, found or made, which is held from now on. nullptr if there is no
  /// room for it.
  AddressShare* hold(const IpAddress& address);
  /// Requires that the last to let go has given everything back.
  void let_go(AddressShare& share);

  /// Charges units of memory. False if the share does not allow it.
  bool take_memory(AddressShare& share, std::uint32_t units) const {
    if (std::size_t{share.memory} + units > most_memory_) return false;
    share.memory += units;
    return true;
  }
  static void give_memory(AddressShare& share, std::uint32_t units) { share.memory -= units; }

  bool may_run(const AddressShare& share) const { return share.running < most_running_; }
  static void take_running(AddressShare& share) { ++share.running; }
  static void give_running(AddressShare& share) { --share.running; }

 private:
  struct Hash {
    SecretHash hash;
    std::uint64_t operator()(const AddressKey& key) const {
      return hash(hash(key.prefix) + key.zone);
    }
  };

  BlockStore* store_;
  std::size_t most_memory_;  // In units.
  std::size_t most_running_;
  BlockIndex<AddressShare, Hash> index_;
};

}  // namespace volley
