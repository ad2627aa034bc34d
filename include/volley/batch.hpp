#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>

namespace volley {

/// Room for what one receive call brings: `slots` kernel messages of up to `slot_size` bytes, each
/// one datagram or, with receive offload (GRO), a train of datagrams of one peer.
///
/// Allocates when made and never after. One thread. The datagrams borrow its memory until the next
/// receive.
class ReceiveBatch {
 public:
  struct Options {
    std::size_t slots = 32;
    std::size_t slot_size = 65'535;
  };
  ReceiveBatch();
  explicit ReceiveBatch(const Options& options);

  /// What arrived, in order; arrivals()[i] tells of datagrams()[i].
  std::span<const Datagram> datagrams() const { return datagrams_; }
  std::span<const Arrival> arrivals() const { return arrivals_; }
  /// Kernel messages that they came in: datagrams or trains.
  std::size_t messages() const { return messages_; }

  // For whoever fills the batch: the socket, or another model of a datagram port.
  std::size_t slots() const { return slots_; }
  std::size_t slot_size() const { return slot_size_; }
  MutableBytes slot(std::size_t index);
  void clear() {
    datagrams_.clear();
    arrivals_.clear();
    messages_ = 0;
  }
  /// Takes `payload` as datagrams of `segment_size` bytes, the last as long as what is left.
  void add_train(const Datagram& train, std::size_t segment_size, const Arrival& arrival);
  /// Keeps the datagrams for which `keep` says so, and their order.
  template <class Keep>
  void filter(Keep keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < datagrams_.size(); ++i) {
      if (!keep(datagrams_[i])) continue;
      datagrams_[kept] = datagrams_[i];
      arrivals_[kept++] = arrivals_[i];
    }
    datagrams_.resize(kept);
    arrivals_.resize(kept);
  }

 private:
  std::size_t slots_;
  std::size_t slot_size_;
  std::size_t stride_;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<Datagram> datagrams_;
  std::vector<Arrival> arrivals_;
  std::size_t messages_ = 0;
};

/// What one send call takes: datagrams written one after another into one buffer. Neighbours to the
/// same peer from the same address and of the same size become one segmentation run (GSO), unless
/// one is to be alone.
///
/// Allocates when made and never after. One thread.
class SendBatch {
 public:
  struct Options {
    std::size_t bytes = std::size_t{256} * 1024;  ///< Of all datagrams together; at least 65,507.
    std::size_t transmits = 64;                   ///< Runs and single datagrams together.
  };
  SendBatch();
  explicit SendBatch(const Options& options);

  /// Where the next datagram's bytes go. Empty when the batch is full: send it first.
  MutableBytes space() {
    if (full()) return {};
    return {memory_.get() + used_, std::min(capacity_ - used_, kMaxPayload)};
  }
  /// Adds what was just written at the front of space(). Requires transmit.size within space(), and
  /// at most BatchLimits::kSegments datagrams.
  void commit(const Transmit& transmit);

  bool empty() const { return transmits_.empty(); }
  /// Whether a datagram of any size may no longer fit.
  bool full() const {
    return transmits_.size() == max_transmits_ || capacity_ - used_ < kMaxPayload;
  }
  void clear() {
    transmits_.clear();
    offsets_.clear();
    used_ = 0;
  }

  /// The runs, in order, and the bytes of each.
  std::span<const Transmit> transmits() const { return transmits_; }
  Bytes bytes(std::size_t index) const;
  std::size_t datagrams() const;

 private:
  bool extends_run(const Transmit& last, const Transmit& next) const;

  std::size_t capacity_;
  std::size_t max_transmits_;
  std::size_t used_ = 0;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<Transmit> transmits_;
  std::vector<std::size_t> offsets_;
};

}  // namespace volley
