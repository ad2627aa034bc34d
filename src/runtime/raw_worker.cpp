#include "runtime/raw_worker.hpp"

#include <utility>

namespace volley {

RawWorker::RawWorker(UdpSocket socket, const RawServerOptions& options, std::uint64_t seed)
    : port_{std::move(socket), options.drop, seed},
      max_amplification_{options.max_amplification},
      idle_{options.idle} {
  const auto local = port_.port().local();
  wildcard_ = !local || local->address().is_unspecified();
  // A kernel without it brings datagrams one by one, which is as right and only slower.
  [[maybe_unused]] const auto coalescing = port_.port().set_coalescing(true);
}

Result<void> RawWorker::run(const RawServer::Handler& handler, const os::StopFlag& stop) {
  auto poller = os::Poller::create();
  if (!poller) return std::unexpected(poller.error());
  if (auto done = poller->watch(port_.port().native_handle(), 0); !done) return done;
  if (auto done = poller->watch(stop.descriptor(), 1); !done) return done;
  while (!stop.raised()) {
    const auto busy = turn(handler);
    if (!busy) return std::unexpected(busy.error());
    if (*busy || idle_ == Idle::kSpin) continue;
    if (auto ready = poller->wait({}); !ready) return std::unexpected(ready.error());
  }
  return {};
}

Result<bool> RawWorker::turn(const RawServer::Handler& handler) {
  const std::uint64_t lost_before = port_.lost();
  if (auto done = port_.receive(in_); !done) {
    // What ICMP said of an answer sent earlier is no reason to stop serving the others.
    if (done.error().code != ErrorCode::kRefused && done.error().code != ErrorCode::kUnreachable) {
      return std::unexpected(done.error());
    }
    failed_receives_.add();
    return true;
  }
  const std::uint64_t lost = port_.lost() - lost_before;
  received_.add(in_.datagrams().size() + lost);
  simulated_losses_.add(lost);
  for (std::size_t i = 0; i < in_.datagrams().size(); ++i) {
    if (in_.arrivals()[i].truncated) {
      truncated_.add();
    } else if (auto done = answer(handler, in_.datagrams()[i]); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto done = flush(); !done) return std::unexpected(done.error());
  return !in_.datagrams().empty() || lost > 0;
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
  // A socket bound to one address answers from it; only a wildcard one must be told which was
  // asked.
  out_.commit({.peer = request.peer,
               .local = wildcard_ ? request.local.address() : IpAddress{},
               .size = *reply.size()});
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
  total.too_long += too_long_.value();
  total.unsent += unsent_.value();
  total.failed_receives += failed_receives_.value();
}

}  // namespace volley
