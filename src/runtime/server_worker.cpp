#include "runtime/server_worker.hpp"

#include <utility>

#include <volley/clock.hpp>

#include "core/server_requests.hpp"
#include "os/poller.hpp"
#include "os/system_error.hpp"
#include "runtime/error_queue.hpp"

namespace volley {
namespace {

/// How old the published counts may be while a worker is busy.
constexpr Duration kPublishEvery = std::chrono::milliseconds{10};

}  // namespace

ServerWorker::ServerWorker(UdpSocket socket, const ServerCore::Options& core,
                           const ServerOptions& options, os::Wake wake)
    : port_{std::move(socket), options.drop, options.seed + core.worker},
      core_{core},
      idle_{options.idle},
      mailbox_{std::move(wake)},
      tick_{clock_tick()} {}

Result<void> ServerWorker::run(const Server::Handler& handler, const ServerEnding& ending) {
  while (!ending.stop.load(std::memory_order_acquire)) {
    const bool draining = ending.drain.load(std::memory_order_acquire);
    if (draining) core_.draining = true;
    const auto heard = look(handler);
    if (!heard) return std::unexpected(heard.error());
    if (auto done = take_answers(); !done) return done;
    const Instant time = now();
    if (const auto timer = core_.next_timeout(); timer && *timer <= time)
      core_.handle_timeout(time);
    if (auto done = flush(time); !done) return done;
    if (draining && core_.idle()) break;
    if (time - published_at_ >= kPublishEvery) publish(time);
    if (*heard || idle_ == Idle::kSpin) continue;
    publish(time);
    if (auto done = wait(); !done) return done;
  }
  publish(now());
  return {};
}

// Inbound: look, receive, execute, take_answers.

/// Receives. Who spins, and whom no answer can come to from elsewhere, looks several times before
/// it looks at anything else.
Result<bool> ServerWorker::look(const Server::Handler& handler) {
  constexpr int kLooks = 8;
  const bool spins = idle_ == Idle::kSpin && core_.handlers_running() == 0;
  for (int i = 1; spins && i < kLooks; ++i) {
    if (auto heard = receive(handler); !heard || *heard) return heard;
  }
  return receive(handler);
}

Result<bool> ServerWorker::receive(const Server::Handler& handler) {
  // While a handler's answer may come from another thread, the mailbox must be able to wake us.
  bool patient = idle_ == Idle::kSleep && core_.handlers_running() == 0;
  if (patient) {
    const auto timer = core_.next_timeout();
    patient = !timer || *timer - now() >= tick_;
  }
  const ReceiveLook look{.most = depth_.most(), .linger = patient};
  const std::uint64_t lost_before = port_.lost();
  if (auto done = port_.receive(in_, look); !done) {
    // Anything else may be what ICMP said of an earlier answer, which anyone can forge, or a
    // moment's want of memory: no reason to stop serving the others.
    const Error& error = done.error();
    if (os::is_broken(error.system_error) || error.code == ErrorCode::kInvalid)
      return std::unexpected(error);
    ++failed_receives_;
    clear_error_queue(port_.port());
    return true;
  }
  const std::size_t found = in_.datagrams().size() + (port_.lost() - lost_before);
  depth_.found(in_, found);
  // Who spins looks a million times a second: seldom is often enough.
  if (found == 0 && (idle_ == Idle::kSleep || ++empty_looks_ % 1'024 == 0))
    clear_error_queue(port_.port());
  for (std::size_t i = 0; i < in_.datagrams().size(); ++i) {
    if (in_.arrivals()[i].truncated) {
      ++truncated_;
      continue;
    }
    // Read after the datagram was: protocol.md §1.3 A1.
    const Instant time = now();
    core_.handle_datagram(in_.datagrams()[i], time);
    execute(handler, time);
    // The answers to the last one leave at once: all else of this turn can wait for them.
    const bool last = i + 1 == in_.datagrams().size();
    if (!last && !core_.must_transmit()) continue;
    if (auto done = last ? flush(time) : pack(time); !done) return std::unexpected(done.error());
  }
  return found > 0;
}

void ServerWorker::execute(const Server::Handler& handler, Instant time) {
  while (const Execution* const execution = core_.poll_request(time)) {
    Reply reply{core_, mailbox_, execution->id, time};
    handler(*execution, reply);
  }
}

Result<void> ServerWorker::take_answers() {
  if (core_.handlers_running() == 0) return {};
  mailbox_.take(answers_);
  const Instant time = now();
  for (const ServerMailbox::Answer& answer : answers_) {
    if (answer.abandoned) {
      core_.abandon(answer.execution, time);
    } else {
      core_.reply(answer.execution, answer.status, answer.body, time);
    }
    if (!core_.must_transmit()) continue;
    if (auto done = pack(time); !done) return done;
  }
  return {};
}

// Outbound: flush.

/// Moves what the core has to send into the batch, which goes out when it is full.
Result<void> ServerWorker::pack(Instant time) {
  while (true) {
    while (!out_.full()) {
      const auto transmit = core_.poll_transmit(out_.space(), time);
      if (!transmit) return {};
      out_.commit(*transmit);
    }
    if (auto done = send(); !done) return done;
  }
}

Result<void> ServerWorker::flush(Instant time) {
  Result<void> done;
  // Of what was too large to send, the core has another answer.
  do {
    told_too_large_ = false;
    if (done = pack(time); done) done = send();
  } while (done && told_too_large_);
  return done;
}

Result<void> ServerWorker::send() {
  if (out_.empty()) return {};
  auto done = port_.send(out_, [this](const Transmit& transmit, Bytes datagram) {
    core_.handle_too_large(transmit, datagram);
    told_too_large_ = true;
  });
  // A buffer that stays full loses answers as a network would; the clients ask again.
  if (!done && done.error().code == ErrorCode::kFull) return {};
  return done;
}

Result<void> ServerWorker::wait() {
  const auto woken = os::wait_readable({port_.port().native_handle(), mailbox_.descriptor()},
                                       core_.next_timeout());
  if (!woken) return std::unexpected(woken.error());
  if (*woken) mailbox_.clear();
  return {};
}

// Counters.

void ServerWorker::publish(Instant time) {
  const std::lock_guard lock{mutex_};
  published_ = core_.counts();
  const SocketCounters& socket = port_.port().counters();
  published_.simulated_losses = port_.lost();
  published_.truncated = truncated_;
  published_.failed_receives = failed_receives_;
  published_.unsent = socket.too_large + socket.no_buffers + socket.failed;
  published_at_ = time;
}

ServerCounters ServerWorker::counters() const {
  const std::lock_guard lock{mutex_};
  return published_;
}

}  // namespace volley
