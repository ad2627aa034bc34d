// What segmentation offload can do at best: 64-byte datagrams in trains of 64, each train one pass
// through the kernel each way (UDP_SEGMENT out, UDP_GRO in), 1,024 datagrams in flight between two
// sockets. Both ends do the same: take the trains that have come and send them back as they are.
// The client begins and counts.

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

namespace {

constexpr std::size_t kTrain = 64;  // Datagrams; every kernel that knows UDP_SEGMENT takes as many.
constexpr std::size_t kTrains = 1024 / kTrain;
constexpr std::size_t kSlot = 65'536;

/// Room for the trains in flight, and the calls that fill and empty it.
class Trains {
 public:
  explicit Trains(int fd) : fd_{fd}, slots_(kTrains) {
    const int on = 1;
    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0) bench::fail("UDP_GRO");
    bench::set_receive_room(fd, bench::kReceiveRoom);
    for (std::size_t i = 0; i < kTrains; ++i) {
      buffers_[i] = {slots_[i].data(), kSlot};
      messages_[i].msg_hdr.msg_iov = &buffers_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_control = controls_[i].data();
    }
  }

  /// Takes at least one train; returns their bytes.
  std::size_t receive() {
    for (std::size_t i = 0; i < kTrains; ++i) {
      buffers_[i].iov_len = kSlot;
      messages_[i].msg_hdr.msg_name = &peers_[i];
      messages_[i].msg_hdr.msg_namelen = sizeof peers_[i];
      messages_[i].msg_hdr.msg_controllen = kControl;
    }
    int count = -1;
    while (count < 0) {
      count = recvmmsg(fd_, messages_.data(), kTrains, MSG_DONTWAIT, nullptr);
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
  void begin() {
    for (std::size_t i = 0; i < kTrains; ++i)
      prepare(i, kTrain * bench::kBodySize, bench::kBodySize);
    ready_ = kTrains;
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
  int fd_;
  unsigned ready_ = 0;
  std::vector<std::array<std::byte, kSlot>> slots_;
  std::array<sockaddr_in, kTrains> peers_{};
  std::array<iovec, kTrains> buffers_{};
  std::array<mmsghdr, kTrains> messages_{};
  alignas(cmsghdr) std::array<std::array<std::byte, kControl>, kTrains> controls_{};
};

void serve() {
  Trains trains{bench::open_server()};
  while (true) {
    trains.receive();
    trains.send();
  }
}

void load(std::uint16_t port, double seconds) {
  Trains trains{bench::open_client(port)};
  trains.begin();
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
  const auto answered = static_cast<double>(bytes) / bench::kBodySize;
  std::printf("{\"rate\": %.0f}\n", answered * 1e9 / static_cast<double>(now - from));
}

}  // namespace

int main(int argc, char** argv) {
  alarm(bench::kLifetimeSeconds);
  if (argc == 2 && std::strcmp(argv[1], "server") == 0) serve();
  if (argc == 4 && std::strcmp(argv[1], "client") == 0) {
    load(bench::port_argument(argv[2]), bench::seconds_argument(argv[3]));
    return 0;
  }
  std::fprintf(stderr, "usage: limit_trains server | client PORT SECONDS\n");
  return 2;
}
