#include "forger.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <volley/bytes.hpp>

#include "wire/clear_header.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

constexpr std::size_t kHeads = sizeof(iphdr) + sizeof(udphdr);
constexpr std::size_t kMostFrames = 200;
/// Handed to the kernel in one call.
constexpr std::size_t kTogether = 256;

/// An IPv4 address as the wire has it.
in_addr_t wire_address(const IpAddress& address) {
  in_addr_t wire = 0;
  std::memcpy(&wire, address.bytes().data() + 12, sizeof wire);
  return wire;
}

/// One of the kinds of datagrams that a client sends.
void write_frames(FrameWriter& out, Random& random) {
  const Sequence sequence{static_cast<std::uint32_t>(1 + random.below(kWindow))};
  const Bytes body = as_bytes("what nobody asked");
  switch (random.below(5)) {
    case 0:
      return;  // A first contact.
    case 1:
      EXPECT_TRUE(out.write({.type = FrameType::kPing, .zeros = 20, .opaque = random.next()}));
      return;
    case 2:
      EXPECT_TRUE(out.write({.type = FrameType::kProbe, .attempt = 2, .sequence = sequence}));
      return;
    default:
      EXPECT_TRUE(out.write({.type = FrameType::kRequest,
                             .attempt = 1,
                             .idempotent = random.below(4) == 0,
                             .sequence = sequence,
                             .body = body}));
  }
}

}  // namespace

Forger::Forger(const Endpoint& server, std::uint64_t seed)
    : socket_{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)},
      server_{server},
      random_{seed} {
  // Behind a buffer of the usual size it would wait for itself.
  const int room = 1 << 22;
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

void Forger::forge(std::vector<std::byte>& packet, const Endpoint& source) {
  packet.resize(kHeads + kHeaderSize + kMostFrames);
  write_clear_header({.from = Side::kClient,
                      .turn = static_cast<std::uint8_t>(random_.next()),
                      .client_id = ClientId{random_.next() | 1U},
                      .epoch = Epoch{random_.next() | 1U},
                      .ticket = Ticket{random_.next() | 1U},
                      .note = 1},
                     MutableBytes{packet}.subspan(kHeads));
  FrameWriter frames{MutableBytes{packet}.subspan(kHeads + kHeaderSize)};
  write_frames(frames, random_);
  packet.resize(kHeads + kHeaderSize + frames.size());

  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.ttl = 64;
  ip.protocol = IPPROTO_UDP;
  ip.saddr = wire_address(source.address());
  ip.daddr = wire_address(server_.address());
  udphdr udp{};  // No checksum: over IPv4 that is allowed.
  udp.source = htons(source.port());
  udp.dest = htons(server_.port());
  udp.len = htons(static_cast<std::uint16_t>(packet.size() - sizeof ip));
  std::memcpy(packet.data(), &ip, sizeof ip);
  std::memcpy(packet.data() + sizeof ip, &udp, sizeof udp);
}

void Forger::send(std::size_t datagrams, const Endpoint& victim) {
  std::array<std::vector<std::byte>, kTogether> packets;
  std::array<iovec, kTogether> parts{};
  std::array<mmsghdr, kTogether> messages{};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = wire_address(server_.address());
  for (std::size_t done = 0; done < datagrams; done += kTogether) {
    const std::size_t count = std::min(kTogether, datagrams - done);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t drawn = random_.next();
      const auto octet = [drawn](unsigned at) { return static_cast<std::uint8_t>(drawn >> at); };
      const Endpoint anyone{IpAddress::v4(127, 1, octet(0), octet(8)),
                            static_cast<std::uint16_t>(drawn >> 16U | 1U)};
      forge(packets[i], i % 2 == 0 ? victim : anyone);
      parts[i] = {packets[i].data(), packets[i].size()};
      messages[i].msg_hdr = {};
      messages[i].msg_hdr.msg_name = &to;
      messages[i].msg_hdr.msg_namelen = sizeof to;
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(socket_.number(), messages.data(), static_cast<unsigned>(count), 0);
    ASSERT_GT(sent, 0);
    sent_ += static_cast<std::uint64_t>(sent);
  }
}

}  // namespace volley
