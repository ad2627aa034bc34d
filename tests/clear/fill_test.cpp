#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <volley/batch.hpp>
#include <volley/client.hpp>
#include <volley/clock.hpp>
#include <volley/udp_socket.hpp>

#include "flooded_server.hpp"
#include "unit/os/isolated.hpp"
#include "wire/clear_header.hpp"
#include "wire/frame_writer.hpp"

// Attackers who have what others must guess: a thousand addresses, and a ticket for each.

namespace volley {
namespace {

using namespace std::chrono_literals;

class Attacker {
 public:
  Attacker(const Endpoint& server, const IpAddress& address) : server_{server} {
    auto socket = UdpSocket::bind({address, 0});
    if (socket) socket_.emplace(std::move(*socket));
  }

  /// Asks for a ticket as any client does. False if none came.
  bool greet() {
    send({.from = Side::kClient, .client_id = ClientId{1}, .note = 1}, std::nullopt);
    if (!*socket_->wait(now() + 5s) || !socket_->receive(in_)) return false;
    for (const Datagram& datagram : in_.datagrams()) {
      const auto header = read_clear_header(datagram.payload, Side::kServer);
      if (!header) continue;
      epoch_ = header->epoch;
      ticket_ = header->ticket;
      return true;
    }
    return false;
  }

  /// Has the server remember one client more, and as much as one datagram can of it.
  void fill(std::uint64_t client_id, std::uint32_t number) {
    send({.from = Side::kClient,
          .turn = 1,
          .client_id = ClientId{client_id},
          .epoch = epoch_,
          .ticket = ticket_,
          .note = 1},
         Frame{.type = FrameType::kProbe, .attempt = 1, .sequence = Sequence{number}});
  }

 private:
  void send(const ClearHeader& header, const std::optional<Frame>& frame) const {
    std::array<std::byte, 100> octets{};
    write_clear_header(header, octets);
    FrameWriter frames{MutableBytes{octets}.subspan(kHeaderSize)};
    if (frame) {
      ASSERT_TRUE(frames.write(*frame));
    }
    ASSERT_TRUE(socket_->send_to(Bytes{octets}.first(kHeaderSize + frames.size()), server_));
  }

  Endpoint server_;
  std::optional<UdpSocket> socket_;
  ReceiveBatch in_{{.slots = 1}};
  Epoch epoch_{};
  Ticket ticket_{};
};

/// What so many requests together became: how many of each outcome.
std::map<std::string, int> ask(Client& client, int requests) {
  std::map<std::string, int> outcomes;
  const auto count = [&](const Answer& answer) { ++outcomes[to_string(answer.outcome)]; };
  for (int i = 0; i < requests; ++i) {
    EXPECT_TRUE(client.submit(as_bytes("an honest question"), count));
  }
  EXPECT_TRUE(client.run_until_idle());
  return outcomes;
}

TEST(Fill, AThousandAddressesWithTicketsCannotGrowTheServerPastItsBound) {
  os::Isolated{{}}.run([] {
    FloodedServer server;
    auto early = Client::open(server.address());
    ASSERT_TRUE(early);
    EXPECT_EQ(ask(*early, 100), (std::map<std::string, int>{{"reply", 100}}));
    for (unsigned which = 0; which < 1'000; ++which) {
      const auto octet = static_cast<std::uint8_t>(which % 250 + 1);
      Attacker attacker{server.address(),
                        IpAddress::v4(127, 2, static_cast<std::uint8_t>(which / 250), octet)};
      ASSERT_TRUE(attacker.greet()) << which;
      for (std::uint64_t client = 1; client <= 60; ++client)
        attacker.fill(which << 8U | client, client <= 4 ? kWindow : 1);
      if (which % 50 == 0) server.look();
    }
    await([&] { return server.report().overload > 0; });
    server.look();
    server.check_memory();
    // Who was there first is served on, or told the truth; who comes now is told to come again.
    const auto served = ask(*early, 500);
    EXPECT_GT(served.at("reply"), 0);
    EXPECT_EQ(served.size(), served.contains("not_executed") ? 2U : 1U);
    EXPECT_GT(server.report().most_bytes, kMemory * 99 / 100) << "it was not full";
    auto late = Client::open(server.address());
    ASSERT_TRUE(late);
    const auto refused = late->request(as_bytes("?"), {.timeout = 300ms});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->outcome, Outcome::kUnknown);
    EXPECT_EQ(refused->reason, Reason::kOverloaded);
  });
}

}  // namespace
}  // namespace volley
