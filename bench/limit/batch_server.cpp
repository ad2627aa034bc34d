// Answers every datagram with itself, as many at a time as have arrived: recvmmsg, then sendmmsg of
// the same messages. Not a byte is copied or looked at between them. No segmentation offload: every
// client is a stranger to the next.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "bench/limit/socket.hpp"
#include "bench/measure.hpp"

namespace {

constexpr std::size_t kMostBatch = 1024;
constexpr std::size_t kSlot = 2048;

void serve(int fd, unsigned batch) {
  std::vector<std::array<std::byte, kSlot>> slots(batch);
  std::vector<sockaddr_in> peers(batch);
  std::vector<iovec> buffers(batch);
  std::vector<mmsghdr> messages(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    buffers[i] = {slots[i].data(), kSlot};
    messages[i].msg_hdr.msg_name = &peers[i];
    messages[i].msg_hdr.msg_namelen = sizeof peers[i];
    messages[i].msg_hdr.msg_iov = &buffers[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  while (true) {
    const int count = recvmmsg(fd, messages.data(), batch, MSG_WAITFORONE, nullptr);
    if (count < 0) bench::fail("recvmmsg");
    const auto filled = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < filled; ++i) buffers[i].iov_len = messages[i].msg_len;
    for (int sent = 0; sent < count;) {
      const int more = sendmmsg(fd, messages.data() + sent, static_cast<unsigned>(count - sent), 0);
      if (more < 0) bench::fail("sendmmsg");
      sent += more;
    }
    for (std::size_t i = 0; i < filled; ++i) buffers[i].iov_len = kSlot;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto batch = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 64);
  if (argc > 2 || batch == 0 || batch > kMostBatch) {
    std::fprintf(stderr, "usage: limit_batch_server [BATCH]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const int fd = bench::open_server();
  bench::set_receive_room(fd, bench::kReceiveRoom);
  serve(fd, static_cast<unsigned>(batch));
}
