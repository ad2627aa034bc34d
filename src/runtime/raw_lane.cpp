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
    while (!batch.full()) {
      auto transmit = core_.poll_transmit(batch.space(), now);
      if (!transmit) break;
      if (connected_) transmit->peer = {};
      batch.commit(*transmit);
    }
    more = batch.full();
    const auto done = socket_.send(batch);
    // An unconnected socket only counts; with one peer it is clear whose trouble it is.
    const auto trouble = done ? socket_.send_trouble() : done.error().code;
    if (trouble) handle_errors(trouble);
  }
}

bool RawLane::receive(ReceiveBatch& batch, bool linger) {
  // A connected socket hears as many datagrams as it asked for, and seldom more.
  const std::size_t expected = std::max<std::size_t>(core_.in_flight(), 1);
  const auto done =
      socket_.receive(batch, {.most = connected_ ? expected : batch.slots(), .linger = linger});
  if (!done) handle_errors(done.error().code);
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

void RawLane::handle_errors(std::optional<ErrorCode> failed) {
  bool told = !failed.has_value();
  for (int i = 0; i < BatchLimits::kErrors; ++i) {
    const auto error = socket_.next_error();
    if (!error || !*error) break;
    if ((*error)->origin == SocketError::Origin::kOther) continue;
    handle_error((*error)->code);
    told = told || *failed == (*error)->code;
  }
  if (!told) handle_error(*failed);
}

void RawLane::handle_error(ErrorCode code) {
  if (code == ErrorCode::kRefused) {
    core_.handle_refused(now());
  } else {
    core_.handle_hint(code, now());
  }
}

}  // namespace volley
