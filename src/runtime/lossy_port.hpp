#pragma once

#include <cstdint>
#include <utility>

#include <volley/error.hpp>

#include "base/random.hpp"
#include "runtime/datagram_port.hpp"

namespace volley {

/// Whether `drop` is a probability. Fails with kInvalid.
[[nodiscard]] Result<void> validate_drop(double drop);

/// A port that loses arriving datagrams at random, each on its own: a bad network, simulated. The
/// same seed loses the same ones of the same arrivals.
template <DatagramPort Port>
class LossyPort {
 public:
  LossyPort(Port port, double loss, std::uint64_t seed)
      : port_{std::move(port)}, loss_{loss}, random_{seed} {}

  /// With what else the port's own send() takes.
  template <class... More>
  Result<void> send(SendBatch& batch, const More&... more) {
    return port_.send(batch, more...);
  }

  Result<void> receive(ReceiveBatch& batch, const ReceiveLook& look = {}) {
    auto done = port_.receive(batch, look);
    if (loss_ <= 0 || !done) return done;
    const std::size_t before = batch.datagrams().size();
    batch.filter([this](const Datagram&) { return random_.unit() >= loss_; });
    lost_ += before - batch.datagrams().size();
    return done;
  }

  /// Datagrams lost so far.
  std::uint64_t lost() const { return lost_; }
  Port& port() { return port_; }

 private:
  Port port_;
  double loss_;
  Random random_;
  std::uint64_t lost_ = 0;
};

}  // namespace volley
