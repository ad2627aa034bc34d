#include "runtime/raw_lane.hpp"

#include <volley/clock.hpp>

namespace volley {

RawLane::RawLane(UdpSocket socket, bool connected, RawClientCore::Options options,
                 RttEstimator& rtt)
    : socket_{std::move(socket)}, connected_{connected}, core_{std::move(options), rtt} {}

Result<void> RawLane::submit(Bytes body, const RawRequest& request, RawClient::Handler handler) {
  const auto id = core_.request(body, request, now());
  if (!id) return std::unexpected(id.error());
  const std::size_t slot = slot_of(*id);
  if (handlers_.size() <= slot) handlers_.resize(slot + 1);
  handlers_[slot] = std::move(handler);
  return {};
}

RawClient::Handler RawLane::take_handler(RequestId request) {
  return std::exchange(handlers_[slot_of(request)], nullptr);
}

void RawLane::flush(SendBatch& batch) {
  const Instant start = now();
  bool more = true;
  while (more) {
    while (auto transmit = core_.poll_transmit(batch.space(), start)) {
      if (connected_) transmit->peer = {};
      batch.commit(*transmit);
    }
    more = batch.full();
    const std::uint64_t failed = socket_.counters().failed;
    const auto done = socket_.send(batch);
    if (!done) handle_error(done.error().code);
    // An unconnected socket only counts; with one peer it is clear whose trouble it is.
    if (done && socket_.counters().failed > failed) handle_error(ErrorCode::kUnreachable);
  }
}

void RawLane::receive(ReceiveBatch& batch) {
  const auto done = socket_.receive(batch);
  if (!done) handle_error(done.error().code);
  if (!done || batch.datagrams().empty()) return drain_error_queue();
  const Instant arrived = now();
  for (std::size_t i = 0; i < batch.datagrams().size(); ++i) {
    if (batch.arrivals()[i].truncated) {
      ++truncated_;
    } else {
      core_.handle_datagram(batch.datagrams()[i], arrived);
    }
  }
}

void RawLane::handle_error(ErrorCode code) {
  if (code == ErrorCode::kRefused) {
    core_.handle_refused(now());
  } else {
    core_.handle_hint(code, now());
  }
}

/// The socket stays "ready" while its error queue holds anything. What is in it was told by
/// receive() too.
void RawLane::drain_error_queue() {
  if (!connected_) return;
  while (true) {
    const auto error = socket_.next_error();
    if (!error || !*error) return;
  }
}

}  // namespace volley
