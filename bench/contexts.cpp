// Makes a server remember many clients, from one socket: a context is found by its client ID alone
// (protocol.md §6.1), and a ticket is good for the address and port it was sent to, whatever the
// client ID (§3.3). So one ticket serves all, and first contact, which is bounded (§6.2), happens
// once.
//
// Each client sends one request, and, when it is answered, a header that says so: "lowest
// unfinished" 2, by which the server frees the reply (§6.7). What is left is an empty context. With
// "kept" it does not say so, and the server keeps the reply too.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <volley/batch.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "bench/measure.hpp"

namespace {

constexpr std::size_t kHeader = 32;        // protocol.md §3.1
constexpr std::size_t kRequestFrame = 12;  // §4.3
constexpr std::uint8_t kReply = 2;         // §4.1: types of frames.
constexpr std::uint8_t kNack = 3;
constexpr std::size_t kAtOnce = 512;  // Datagrams on the way: few enough for any receive buffer.
constexpr int kMostAttempts = 20;

void put(volley::MutableBytes out, std::size_t at, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i)
    out[at + i] = static_cast<std::byte>(value >> (8 * (octets - 1 - i)));
}

std::uint64_t take(volley::Bytes in, std::size_t at, std::size_t octets) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < octets; ++i)
    value = value << 8U | static_cast<std::uint8_t>(in[at + i]);
  return value;
}

/// Many client IDs behind one socket.
class Crowd {
 public:
  explicit Crowd(volley::UdpSocket socket) : socket_{std::move(socket)} {}

  /// First contact: epoch and ticket (protocol.md §5.3).
  bool meet() {
    for (int attempt = 0; attempt < kMostAttempts && epoch_ == 0; ++attempt) {
      add_header(kFirstId, 1, 0);
      send();
      receive([this](volley::Bytes datagram) {
        epoch_ = take(datagram, 12, 8);
        ticket_ = take(datagram, 20, 8);
      });
    }
    return epoch_ != 0;
  }

  /// Makes the contexts of `count` client IDs from `first` on; false if some got no answer.
  bool make(std::uint64_t first, std::size_t count, bool kept) {
    return exchange(first, count, 1) && (kept || exchange(first, count, 2));
  }

  std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::uint64_t kFirstId = 1;

  /// Sends each client's datagram until all are answered: its request, or, with a lowest unfinished
  /// of 2, a bare header. Copies of a request make the server do no more.
  bool exchange(std::uint64_t first, std::size_t count, std::uint32_t lowest) {
    std::vector<bool> answered(count);
    std::size_t open = count;
    for (int attempt = 1; attempt <= kMostAttempts && open > 0; ++attempt) {
      for (std::size_t i = 0; i < count; ++i) {
        if (!answered[i]) add_header(first + i, lowest, lowest == 1 ? bench::kBodySize : 0);
      }
      send();
      const auto on_datagram = [&](volley::Bytes datagram) {
        const std::uint64_t place = take(datagram, 4, 8) - first;
        if (place >= count || answered[place]) return;
        // An answer to a bare header is one itself.
        const auto frame = datagram.size() > kHeader ? std::to_integer<int>(datagram[kHeader]) : 0;
        if (lowest == 1 && frame != kReply && frame != kNack) return;
        refused_ += frame == kNack ? 1 : 0;
        answered[place] = true;
        --open;
      };
      while (open > 0 && receive(on_datagram)) {
      }
    }
    return open == 0;
  }

  /// Adds one datagram to those to be sent: a header, and, if it is to have a body, a request.
  void add_header(std::uint64_t client_id, std::uint32_t lowest, std::size_t body) {
    const std::size_t size = kHeader + (body > 0 ? kRequestFrame + body : 0);
    if (out_.space().size() < size || out_.full()) send();
    const auto datagram = out_.space().first(size);
    std::ranges::fill(datagram, std::byte{0});
    put(datagram, 0, 4, 1);  // CLEAR
    put(datagram, 1, 1, 1);  // version
    put(datagram, 4, client_id, 8);
    put(datagram, 12, epoch_, 8);
    put(datagram, 20, ticket_, 8);
    put(datagram, 28, lowest, 4);
    if (body > 0) {
      put(datagram, kHeader, 1, 1);      // REQUEST
      put(datagram, kHeader + 2, 1, 1);  // attempt
      put(datagram, kHeader + 4, 1, 4);  // seq
      put(datagram, kHeader + 10, body, 2);
    }
    out_.commit({.size = size});
  }

  void send() {
    if (const auto done = socket_.send(out_); !done) complain(done.error());
  }

  /// Tells of each datagram that comes within a moment; false if none does.
  template <class OnDatagram>
  bool receive(OnDatagram on_datagram) {
    constexpr auto kWait = std::chrono::milliseconds{50};
    if (const auto woken = socket_.wait(volley::now() + kWait); !woken || !*woken) return false;
    if (const auto done = socket_.receive(in_); !done) complain(done.error());
    for (const volley::Datagram& datagram : in_.datagrams()) {
      if (datagram.payload.size() >= kHeader) on_datagram(datagram.payload);
    }
    return true;
  }

  static void complain(const volley::Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
  }

  volley::UdpSocket socket_;
  volley::SendBatch out_;
  volley::ReceiveBatch in_;
  std::uint64_t epoch_ = 0;
  std::uint64_t ticket_ = 0;
  std::uint64_t refused_ = 0;
};

int fail(const char* words) {
  std::fprintf(stderr, "%s\n", words);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool kept = argc == 4 && std::strcmp(argv[3], "kept") == 0;
  if (argc != 3 && !kept) {
    std::fprintf(stderr, "usage: contexts PORT COUNT [kept]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto count = static_cast<std::size_t>(std::atoll(argv[2]));
  auto socket = volley::UdpSocket::open_connected({volley::IpAddress::v4(127, 0, 0, 1), port});
  if (!socket) return fail(socket.error().message.c_str());
  Crowd crowd{std::move(*socket)};
  if (!crowd.meet()) return fail("the server does not answer");
  for (std::size_t made = 0; made < count; made += kAtOnce) {
    // Client IDs beyond the one that met the server; 64 bits, whose top 16 choose a worker.
    if (!crowd.make(made + 2, std::min(kAtOnce, count - made), kept))
      return fail("the server stopped answering");
  }
  std::printf("{\"contexts\": %llu, \"refused\": %llu}\n",
              static_cast<unsigned long long>(count - crowd.refused()),
              static_cast<unsigned long long>(crowd.refused()));
  return 0;
}
