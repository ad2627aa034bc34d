#include "runtime/raw_worker.hpp"

#include <utility>

#include "os/system_error.hpp"
#include "runtime/error_queue.hpp"

namespace volley {

RawWorker::RawWorker(UdpSocket socket, const RawServerOptions& options, std::uint64_t seed)
    : port_{std::move(socket), options.drop, seed},
      max_amplification_{options.max_amplification},
      idle_{options.idle} {}

Result<void> RawWorker::run(const RawServer::Handler& handler, const os::StopFlag& stop) {
  const int socket = port_.port().native_handle();
  while (!stop.raised()) {
    const auto busy = turn(handler);
    if (!busy) return std::unexpected(busy.error());
    if (*busy || idle_ == Idle::kSpin) continue;
    const auto woken = os::wait_readable({socket, stop.descriptor()}, {});
    if (!woken) return std::unexpected(woken.error());
  }
  return {};
}

Result<bool> RawWorker::turn(const RawServer::Handler& handler) {
  const std::uint64_t lost_before = port_.lost();
  const ReceiveLook look{.most = depth_.most(), .linger = idle_ == Idle::kSleep};
  if (auto done = port_.receive(in_, look); !done) {
    // Anything else may be what ICMP said of an earlier answer, which anyone can forge, or a
    // moment's want of memory: no reason to stop serving the others.
    const Error& error = done.error();
    if (os::is_broken(error.system_error) || error.code == ErrorCode::kInvalid)
      return std::unexpected(error);
    failed_receives_.add();
    clear_error_queue(port_.port());
    return true;
  }
  const std::uint64_t lost = port_.lost() - lost_before;
  const auto datagrams = in_.datagrams();
  const std::size_t found = datagrams.size() + lost;
  depth_.found(in_, found);
  if (found == 0) {
    // Who spins looks a million times a second: seldom is often enough.
    if (idle_ == Idle::kSleep || ++empty_looks_ % 1'024 == 0) clear_error_queue(port_.port());
    return false;
  }
  received_.add(found);
  simulated_losses_.add(lost);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    if (in_.arrivals()[i].truncated) {
      truncated_.add();
    } else if (datagrams[i].peer.port() == 0) {
      unanswerable_.add();
    } else if (auto done = answer(handler, datagrams[i]); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto done = flush(); !done) return std::unexpected(done.error());
  return true;
}

Result<void> RawWorker::answer(const RawServer::Handler& handler, const Datagram& request) {
  if (out_.full()) {
    if (auto done = flush(); !done) return done;
  }
  RawReply reply{out_.space()};
  handler(request, reply);
  if (!reply.size()) return {};
  const auto asked = static_cast<double>(request.payload.size());
  if (max_amplification_ > 0 && static_cast<double>(*reply.size()) > max_amplification_ * asked) {
    too_long_.add();
    return {};
  }
  out_.commit({.peer = request.peer, .local = request.local.address(), .size = *reply.size()});
  return {};
}

Result<void> RawWorker::flush() {
  const SocketCounters before = port_.port().counters();
  const std::size_t wanted = out_.datagrams();
  auto done = port_.send(out_);
  const std::uint64_t sent = port_.port().counters().sent - before.sent;
  answered_.add(sent);
  unsent_.add(wanted - sent);
  // A buffer that stays full loses answers as a network would; the clients ask again.
  if (!done && done.error().code == ErrorCode::kFull) return {};
  return done;
}

void RawWorker::add_to(RawServerCounters& total) const {
  total.received += received_.value();
  total.answered += answered_.value();
  total.simulated_losses += simulated_losses_.value();
  total.truncated += truncated_.value();
  total.unanswerable += unanswerable_.value();
  total.too_long += too_long_.value();
  total.unsent += unsent_.value();
  total.failed_receives += failed_receives_.value();
}

}  // namespace volley
