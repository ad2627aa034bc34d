#include <algorithm>

#include <volley/batch.hpp>
#include <volley/options.hpp>

#include "base/check.hpp"

namespace volley {
namespace {

/// Slots a power of two apart would all meet in the same few sets of the cache.
constexpr std::size_t kSlotSkew = 192;

}  // namespace

ReceiveBatch::ReceiveBatch() : ReceiveBatch{Options{}} {}

ReceiveBatch::ReceiveBatch(const Options& options)
    : slots_{options.slots},
      slot_size_{options.slot_size},
      stride_{(options.slot_size + 63) / 64 * 64 + kSlotSkew},
      memory_{std::make_unique_for_overwrite<std::byte[]>(slots_ * stride_)} {
  VOLLEY_CHECK(slots_ > 0 && slot_size_ > 0);
  datagrams_.reserve(slots_ * BatchLimits::kTrain);
  arrivals_.reserve(slots_ * BatchLimits::kTrain);
}

MutableBytes ReceiveBatch::slot(std::size_t index) {
  VOLLEY_CHECK(index < slots_);
  return {memory_.get() + index * stride_, slot_size_};
}

void ReceiveBatch::add_train(const Datagram& train, std::size_t segment_size,
                             const Arrival& arrival) {
  ++messages_;
  Bytes rest = train.payload;
  const std::size_t size = segment_size == 0 ? std::max<std::size_t>(rest.size(), 1) : segment_size;
  do {
    const std::size_t length = std::min(size, rest.size());
    datagrams_.push_back({train.peer, train.local, rest.first(length), train.ecn});
    arrivals_.push_back(arrival);
    // Only the datagram that the slot's end cut is short of bytes.
    rest = rest.subspan(length);
    if (!rest.empty()) arrivals_.back().truncated = false;
  } while (!rest.empty());
}

SendBatch::SendBatch() : SendBatch{Options{}} {}

SendBatch::SendBatch(const Options& options)
    : capacity_{options.bytes},
      max_transmits_{options.transmits},
      memory_{std::make_unique_for_overwrite<std::byte[]>(options.bytes)} {
  VOLLEY_CHECK(capacity_ >= kMaxPayload && max_transmits_ > 0);
  transmits_.reserve(max_transmits_);
  offsets_.reserve(max_transmits_);
}

bool SendBatch::extends_run(const Transmit& last, const Transmit& next) const {
  const std::size_t segment = last.segment_size == 0 ? last.size : last.segment_size;
  // The last datagram of a run may be shorter, so a short one closes its run.
  return !last.alone && !next.alone && last.peer == next.peer && last.local == next.local &&
         next.datagrams() == 1 && next.size > 0 && next.size <= segment &&
         last.size % segment == 0 && last.size / segment < BatchLimits::kSegments &&
         last.size + next.size <= BatchLimits::kRunBytes;
}

void SendBatch::commit(const Transmit& transmit) {
  VOLLEY_CHECK(!full() && transmit.size <= kMaxPayload);
  VOLLEY_CHECK(transmit.datagrams() <= BatchLimits::kSegments);
  if (!transmits_.empty() && transmits_.back().size > 0 &&
      extends_run(transmits_.back(), transmit)) {
    Transmit& last = transmits_.back();
    if (last.segment_size == 0) last.segment_size = last.size;
    last.size += transmit.size;
  } else {
    transmits_.push_back(transmit);
    offsets_.push_back(used_);
  }
  used_ += transmit.size;
}

Bytes SendBatch::bytes(std::size_t index) const {
  VOLLEY_CHECK(index < transmits_.size());
  return {memory_.get() + offsets_[index], transmits_[index].size};
}

std::size_t SendBatch::datagrams() const {
  std::size_t count = 0;
  for (const Transmit& transmit : transmits_) count += transmit.datagrams();
  return count;
}

}  // namespace volley
