#pragma once

#include <algorithm>
#include <cstddef>

#include <volley/batch.hpp>
#include <volley/options.hpp>

namespace volley {

/// How many messages the next receive call looks for. A look for one costs less, and who finds as
/// many as it looked for twice running looks for more; but no more than bring some dozens of
/// datagrams, or as many octets as two full trains. Beyond that a call costs a datagram nothing,
/// and the sooner the answers to a train leave, the sooner the other end is at work again, at the
/// same time as this one.
class ReceiveDepth {
 public:
  std::size_t most() const { return most_; }
  /// What the last look found: so many datagrams in all, lost ones too.
  void found(const ReceiveBatch& batch, std::size_t datagrams) {
    if (datagrams == 0) {
      *this = {};
      return;
    }
    const std::size_t messages = batch.messages();
    const bool all = messages >= most_;
    if (all && found_all_) most_ = std::min(8 * most_, batch.slots());
    found_all_ = all;
    std::size_t octets = 1;
    for (const Datagram& datagram : batch.datagrams()) octets += datagram.payload.size();
    const std::size_t enough = messages * std::min(kDatagrams, kOctets * datagrams / octets);
    most_ = std::clamp<std::size_t>(enough / datagrams, 1, most_);
  }

 private:
  static constexpr std::size_t kDatagrams = 64;
  static constexpr std::size_t kOctets = 2 * BatchLimits::kRunBytes;

  std::size_t most_ = 1;
  bool found_all_ = false;  // The last look did.
};

}  // namespace volley
