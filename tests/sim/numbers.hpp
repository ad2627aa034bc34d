#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <volley/time.hpp>

#include "bodies.hpp"

namespace volley::sim {

/// What was seen on the wire of one number of one client_id.
struct Flight {
  Uid uid{};
  bool seen = false;
  bool idempotent = false;
  bool refused = false;   ///< Its client was told that it will never run.
  unsigned hastened = 0;  ///< How often it was sent before its wait was over, for a good reason.
  std::uint8_t attempt = 0;
  Instant first{};                ///< Client's clock, when its first copy was written.
  Instant last{};                 ///< When its latest frame was.
  Duration least_wait{};          ///< No next one is due sooner by itself.
  Duration gap{};                 ///< Between the last two.
  std::uint64_t news = 0;         ///< How many bare headers and hints its client had then.
  std::uint64_t epochs = 0;       ///< How many epochs.
  std::uint64_t order = 0;        ///< Which of the datagrams with requests had its latest frame.
  std::uint64_t disturbance = 0;  ///< How often anything happened but this request.
};

/// The numbers of one client_id.
class Flights {
 public:
  /// What was seen of a number; nullptr if nothing.
  Flight* find(std::uint32_t seq) {
    if (seq < first_ || seq - first_ >= flights_.size()) return nullptr;
    Flight& flight = flights_[seq - first_];
    return flight.seen ? &flight : nullptr;
  }
  const Flight* find(std::uint32_t seq) const { return const_cast<Flights*>(this)->find(seq); }

  /// A place for what will be seen. Numbers begin anywhere and grow from there.
  Flight& at(std::uint32_t seq) {
    if (flights_.empty()) first_ = seq;
    if (seq < first_) {
      flights_.insert(flights_.begin(), first_ - seq, {});
      first_ = seq;
    }
    if (seq - first_ >= flights_.size()) flights_.resize(seq - first_ + std::size_t{1});
    return flights_[seq - first_];
  }
  /// Whether a number so far from the others is no number of an honest client's.
  bool is_absurd(std::uint32_t seq) const {
    constexpr std::uint32_t kSane = 10'000'000;
    if (flights_.empty()) return false;
    return seq < first_ ? first_ - seq > kSane : seq - first_ > kSane;
  }

 private:
  std::vector<Flight> flights_;
  std::uint32_t first_ = 0;
};

/// Every number that was ever seen, by client_id: learnt from the wire alone.
class Numbers {
 public:
  /// Valid for ever.
  Flights& of(std::uint64_t client_id) { return flights_[client_id]; }

  const Flight* find(std::uint64_t client_id, std::uint32_t seq) const {
    const auto flights = flights_.find(client_id);
    return flights == flights_.end() ? nullptr : flights->second.find(seq);
  }

 private:
  std::unordered_map<std::uint64_t, Flights> flights_;
};

/// Which incarnations the server had, in their order.
class Lives {
 public:
  void add(std::uint64_t epoch) { epochs_.push_back(epoch); }
  /// From 1; 0 if no server had it.
  std::size_t order(std::uint64_t epoch) const {
    for (std::size_t i = epochs_.size(); i-- > 0;) {
      if (epochs_[i] == epoch) return i + 1;
    }
    return 0;
  }

 private:
  std::vector<std::uint64_t> epochs_;
};

}  // namespace volley::sim
