#include <utility>

#include <volley/client_core.hpp>

#include "core/client_state.hpp"

namespace volley {

struct ClientCore::State final : ClientState {
  using ClientState::ClientState;
};

ClientCore::ClientCore(Options options)
    : state_{std::make_unique<State>(std::move(options), Sequence{1})} {}
ClientCore::ClientCore(ClientCore&&) noexcept = default;
ClientCore& ClientCore::operator=(ClientCore&&) noexcept = default;
ClientCore::~ClientCore() = default;

Result<RequestId> ClientCore::request(Bytes body, const RequestOptions& options, Instant now) {
  return state_->request(body, options, now);
}
void ClientCore::cancel(RequestId request, Instant now) {
  state_->cancel(request, now);
}
Result<std::uint64_t> ClientCore::ping(std::size_t size, Instant now) {
  return state_->ping(size, now);
}
bool ClientCore::has_room() const {
  return state_->has_room();
}
std::size_t ClientCore::in_flight() const {
  return state_->in_flight();
}

std::optional<Transmit> ClientCore::poll_transmit(MutableBytes buffer, Instant now) {
  return state_->poll_transmit(buffer, now);
}
void ClientCore::handle_datagram(const Datagram& datagram, Instant now) {
  state_->handle_datagram(datagram, now);
}
void ClientCore::handle_hint(ErrorCode hint, Instant now) {
  state_->handle_hint(hint, now);
}
const ClientEvent* ClientCore::poll_event() {
  return state_->poll_event();
}

std::optional<Instant> ClientCore::next_timeout() const {
  return state_->next_timeout();
}
void ClientCore::handle_timeout(Instant now) {
  state_->handle_timeout(now);
}

std::optional<Duration> ClientCore::smoothed_round_trip() const {
  return state_->smoothed_round_trip();
}
double ClientCore::congestion_window() const {
  return state_->congestion_window();
}
const ClientCounters& ClientCore::counters() const {
  return state_->counters();
}

}  // namespace volley
