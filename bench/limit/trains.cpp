// What segmentation offload can do at best: datagrams of 64 bytes, or of another size, in trains of
// 64, or of as many as one send takes; each train one pass through the kernel each way (UDP_SEGMENT
// out, UDP_GRO in), 1,024 datagrams in flight between two sockets. Both ends do the same: take the
// trains that have come, or one of them, with one call, and send them back as they are. The client
// begins and counts.

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

namespace {

constexpr std::size_t kInFlight = 1'024;
constexpr std::size_t kTrain = 64;  // Datagrams; every kernel that knows UDP_SEGMENT takes as many.
constexpr std::size_t kRunBytes = 65'507;  // One IPv4 datagram's payload: no train is longer.
constexpr std::size_t kSlot = 65'536;

/// Datagrams of that size in one train: a divisor of what is in flight.
constexpr std::size_t train_of(std::size_t size) {
  std::size_t train = kTrain;
  while (train * size > kRunBytes) train /= 2;
  return train;
}

/// Room for the trains in flight, and the calls that fill and empty it.
class Trains {
 public:
  /// At most `a_call` trains are taken with one call.
  Trains(int fd, std::size_t trains, std::size_t a_call)
      : fd_{fd},
        a_call_{static_cast<unsigned>(std::min(trains, a_call))},
        slots_(trains),
        peers_(trains),
        buffers_(trains),
        messages_(trains),
        controls_(trains) {
    const int on = 1;
    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0) bench::fail("UDP_GRO");
    bench::set_receive_room(fd, bench::kReceiveRoom);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      buffers_[i] = {slots_[i].data(), kSlot};
      messages_[i].msg_hdr.msg_iov = &buffers_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_control = controls_[i].bytes.data();
    }
  }

  /// Takes at least one train; returns their bytes.
  std::size_t receive() {
    for (std::size_t i = 0; i < a_call_; ++i) {
      buffers_[i].iov_len = kSlot;
      messages_[i].msg_hdr.msg_name = &peers_[i];
      messages_[i].msg_hdr.msg_namelen = sizeof peers_[i];
      messages_[i].msg_hdr.msg_controllen = kControl;
    }
    int count = -1;
    while (count < 0) {
      count = recvmmsg(fd_, messages_.data(), a_call_, MSG_DONTWAIT, nullptr);
      if (count < 0 && errno != EAGAIN) bench::fail("recvmmsg");
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      int segment = 0;
      const cmsghdr* const control = CMSG_FIRSTHDR(&messages_[i].msg_hdr);
      if (control != nullptr && control->cmsg_type == UDP_GRO) {
        std::memcpy(&segment, CMSG_DATA(control), sizeof segment);
      }
      bytes += messages_[i].msg_len;
      prepare(i, messages_[i].msg_len, static_cast<std::uint16_t>(segment));
    }
    ready_ = static_cast<unsigned>(count);
    return bytes;
  }

  /// Makes all trains ready to be sent to the connected peer.
  void begin(std::size_t size) {
    const std::size_t bytes = kInFlight / slots_.size() * size;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      prepare(i, bytes, static_cast<std::uint16_t>(size));
    ready_ = static_cast<unsigned>(slots_.size());
  }

  void send() {
    for (unsigned sent = 0; sent < ready_;) {
      const int more = sendmmsg(fd_, messages_.data() + sent, ready_ - sent, 0);
      if (more < 0) bench::fail("sendmmsg");
      sent += static_cast<unsigned>(more);
    }
  }

 private:
  /// A lone datagram comes without a segment size and leaves without one.
  void prepare(std::size_t i, std::size_t bytes, std::uint16_t segment) {
    buffers_[i].iov_len = bytes;
    messages_[i].msg_hdr.msg_controllen = segment == 0 ? 0 : CMSG_SPACE(sizeof segment);
    if (segment == 0) return;
    cmsghdr* const control = CMSG_FIRSTHDR(&messages_[i].msg_hdr);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }

  static constexpr std::size_t kControl = 64;
  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControl> bytes;
  };

  int fd_;
  unsigned a_call_;
  unsigned ready_ = 0;
  std::vector<std::array<std::byte, kSlot>> slots_;
  std::vector<sockaddr_in> peers_;
  std::vector<iovec> buffers_;
  std::vector<mmsghdr> messages_;
  std::vector<Control> controls_;
};

void serve(std::size_t a_call) {
  Trains trains{bench::open_server(), kInFlight / kTrain, a_call};
  while (true) {
    trains.receive();
    trains.send();
  }
}

void load(std::uint16_t port, double seconds, std::size_t size, std::size_t a_call) {
  Trains trains{bench::open_client(port), kInFlight / train_of(size), a_call};
  trains.begin(size);
  const auto begin = bench::monotonic_ns();
  const auto warm = begin + static_cast<std::int64_t>(seconds * 1e8);
  const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
  std::size_t bytes = 0;
  auto from = begin;
  auto now = begin;
  while (now < end) {
    trains.send();
    const auto more = trains.receive();
    now = bench::monotonic_ns();
    if (now >= warm)
      bytes += more;
    else
      from = now;
  }
  const auto answered = static_cast<double>(bytes) / static_cast<double>(size);
  std::printf("{\"rate\": %.0f}\n", answered * 1e9 / static_cast<double>(now - from));
}

/// The argument there, in bounds; `otherwise` if there are fewer.
std::size_t argument(int argc, char** argv, int index, std::size_t otherwise, std::size_t most) {
  if (index >= argc) return otherwise;
  return std::min(static_cast<std::size_t>(std::max(std::atoll(argv[index]), 1LL)), most);
}

}  // namespace

int main(int argc, char** argv) {
  alarm(bench::kLifetimeSeconds);
  if (argc >= 2 && argc <= 3 && std::strcmp(argv[1], "server") == 0) {
    serve(argument(argc, argv, 2, kInFlight, kInFlight));
  }
  if (argc >= 4 && argc <= 6 && std::strcmp(argv[1], "client") == 0) {
    load(bench::port_argument(argv[2]), bench::seconds_argument(argv[3]),
         argument(argc, argv, 4, bench::kBodySize, 8'000),
         argument(argc, argv, 5, kInFlight, kInFlight));
    return 0;
  }
  std::fprintf(stderr,
               "usage: limit_trains server [TRAINS_A_CALL] | "
               "client PORT SECONDS [SIZE [TRAINS_A_CALL]]\n");
  return 2;
}
