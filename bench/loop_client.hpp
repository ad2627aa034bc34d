#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <random>
#include <utility>

#include <volley/batch.hpp>
#include <volley/client_core.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

namespace bench {

/// The batches that all the clients of a thread share: with some of its own each would bring 2 MB.
struct Batches {
  volley::ReceiveBatch in{{.slots = 4}};
  volley::SendBatch out;
};

/// One of many clients that a thread visits in turn: a core, and a socket of its own. It never
/// waits.
class LoopClient {
 public:
  static volley::Result<LoopClient> open(const volley::Endpoint& server, std::size_t window) {
    auto socket = volley::UdpSocket::open_connected(server);
    if (!socket) return std::unexpected(socket.error());
    // It is asked of for every datagram, and tells a connected socket nothing new.
    if (auto done = socket->set_packet_info(false); !done) return std::unexpected(done.error());
    volley::ClientCore core{{.server = server, .window = window, .draw_secret = draw_secret}};
    return LoopClient{std::move(*socket), std::move(core), window};
  }

  volley::UdpSocket& socket() { return socket_; }
  volley::ClientCore& core() { return core_; }

  /// Takes in what has come, and tells `on_answer(answer, now)` of each end; then what is due.
  /// Returns the time, which is read once.
  template <class OnAnswer>
  volley::Instant receive(Batches& batches, OnAnswer on_answer) {
    const auto got = socket_.receive(batches.in, {.most = most_});
    const volley::Instant now = volley::now();
    if (!got) core_.handle_hint(got.error().code, now);
    for (const volley::Datagram& datagram : batches.in.datagrams()) {
      core_.handle_datagram(datagram, now);
      tell(on_answer, now);
    }
    if (const auto timer = core_.next_timeout(); timer && *timer <= now) {
      core_.handle_timeout(now);
      tell(on_answer, now);
    }
    return now;
  }

  /// Sends what the core has to send.
  void send(Batches& batches, volley::Instant now) {
    while (auto transmit = core_.poll_transmit(batches.out.space(), now)) {
      transmit->peer = {};  // The socket is connected.
      batches.out.commit(*transmit);
    }
    if (batches.out.empty()) return;
    if (const auto sent = socket_.send(batches.out); !sent)
      core_.handle_hint(sent.error().code, now);
  }

 private:
  LoopClient(volley::UdpSocket socket, volley::ClientCore core, std::size_t most)
      : socket_{std::move(socket)}, core_{std::move(core)}, most_{most} {}

  static std::uint64_t draw_secret() {
    static std::random_device entropy;
    return std::uint64_t{entropy()} << 32U | entropy();
  }

  template <class OnAnswer>
  void tell(OnAnswer& on_answer, volley::Instant now) {
    while (const volley::ClientEvent* const event = core_.poll_event()) {
      if (event->answer) on_answer(*event->answer, now);
    }
  }

  volley::UdpSocket socket_;
  volley::ClientCore core_;
  std::size_t most_;  // Datagrams that can have come: no look for more.
};

/// How a load program begins and ends.
struct Span {
  volley::Instant begin;
  volley::Instant warm;
  volley::Instant end;

  /// From now on; the first fifth is to warm up.
  static Span of(double seconds) {
    const volley::Instant begin = volley::now();
    const auto length = volley::Duration{static_cast<std::int64_t>(seconds * 1e9)};
    return {begin, begin + length / 5, begin + length};
  }
};

inline double seconds_of(volley::Duration duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

}  // namespace bench
