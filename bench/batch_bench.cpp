// What the batch calls cost a datagram: one SendBatch of 64-byte datagrams sent over loopback and
// received again by the same thread. The kernel's work is in it, and most of the time is the
// kernel's.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <utility>

#include <volley/batch.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

namespace {

constexpr std::size_t kBody = 64;

struct Pair {
  volley::UdpSocket receiver;
  volley::UdpSocket sender;
};

/// Two sockets, with both offloads or with neither. Nothing if the kernel has not what was asked.
std::optional<Pair> open_pair(bool offload) {
  // Read when a socket is opened: the switch a user has against a kernel or a card that gets it
  // wrong.
  setenv("VOLLEY_NO_GSO", offload ? "0" : "1", 1);
  auto receiver = volley::UdpSocket::bind({volley::IpAddress::v4(127, 0, 0, 1), 0});
  if (!receiver || (offload && !receiver->set_coalescing(true))) return {};
  const auto address = receiver->local();
  if (!address) return {};
  auto sender = volley::UdpSocket::open_connected(*address);
  if (!sender || sender->counters().segmentation != offload) return {};
  return Pair{std::move(*receiver), std::move(*sender)};
}

void fill(volley::SendBatch& batch, std::size_t datagrams) {
  for (std::size_t i = 0; i < datagrams; ++i) {
    batch.space()[0] = std::byte{1};
    batch.commit({.size = kBody});
  }
}

/// Takes `expected` datagrams. False if some did not come.
bool drain(volley::UdpSocket& socket, volley::ReceiveBatch& batch, std::size_t expected) {
  for (std::size_t got = 0; got < expected;) {
    if (!socket.receive(batch)) return false;
    got += batch.datagrams().size();
    if (!batch.datagrams().empty()) continue;
    const auto more = socket.wait(volley::now() + std::chrono::milliseconds{100});
    if (!more || !*more) return false;
  }
  return true;
}

void BM_SendAndReceive(benchmark::State& state) {
  const auto datagrams = static_cast<std::size_t>(state.range(0));
  auto pair = open_pair(state.range(1) != 0);
  if (!pair) {
    state.SkipWithError("no sockets, or no segmentation offload here");
    return;
  }
  volley::SendBatch out;
  volley::ReceiveBatch in;
  while (state.KeepRunning()) {
    fill(out, datagrams);
    if (!pair->sender.send(out) || !drain(pair->receiver, in, datagrams)) {
      state.SkipWithError("a datagram was lost on loopback");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(datagrams));
}

BENCHMARK(BM_SendAndReceive)->ArgNames({"batch", "offload"})->ArgsProduct({{1, 8, 64}, {0, 1}});

}  // namespace

BENCHMARK_MAIN();
