#include "runtime/raw_lane.hpp"

#include <algorithm>

#include <volley/clock.hpp>

namespace volley {

RawLane::RawLane(UdpSocket socket, bool connected, RawClientCore::Options options,
                 RttEstimator& rtt)
    : socket_{std::move(socket)}, connected_{connected}, core_{std::move(options), rtt} {}

Result<void> RawLane::submit(Bytes body, const RawRequest& request, RawClient::Handler&& handler,
                             Instant now) {
  const auto id = core_.request(body, request, now);
  if (!id) return std::unexpected(id.error());
  const std::size_t slot = slot_of(*id);
  if (handlers_.size() <= slot) handlers_.resize(slot + 1);
  handlers_[slot] = std::move(handler);
  return {};
}

RawClient::Handler RawLane::take_handler(RequestId request) {
  return std::exchange(handlers_[slot_of(request)], nullptr);
}

void RawLane::flush(SendBatch& batch, Instant now) {
  bool more = true;
  while (more) {
    while (auto transmit = core_.poll_transmit(batch.space(), now)) {
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

bool RawLane::receive(ReceiveBatch& batch, bool linger) {
  // A connected socket hears as many datagrams as it asked for, and seldom more.
  const std::size_t expected = std::max<std::size_t>(core_.in_flight(), 1);
  const auto done =
      socket_.receive(batch, {.most = connected_ ? expected : batch.slots(), .linger = linger});
  if (!done) handle_error(done.error().code);
  return !done || !batch.datagrams().empty();
}

void RawLane::handle(const ReceiveBatch& batch, Instant now) {
  const auto datagrams = batch.datagrams();
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    if (batch.arrivals()[i].truncated) {
      ++truncated_;
    } else {
      core_.handle_datagram(datagrams[i], now);
    }
  }
}

void RawLane::handle_error(ErrorCode code) {
  if (code == ErrorCode::kRefused) {
    core_.handle_refused(now());
  } else {
    core_.handle_hint(code, now());
  }
  drain_error_queue();
}

/// Each entry of the queue was told by a send or receive too, and the socket stays "ready" while
/// there is any.
void RawLane::drain_error_queue() {
  if (!connected_) return;
  while (true) {
    const auto error = socket_.next_error();
    if (!error || !*error) return;
  }
}

}  // namespace volley
