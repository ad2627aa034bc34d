#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <volley/datagram.hpp>
#include <volley/server_core.hpp>

#include "wire/clear_header.hpp"
#include "wire/frame.hpp"

namespace volley {

/// A client that is bytes only: what it says is what the test says.
struct FakeClient {
  Endpoint peer{};
  ClientId id{};
  Epoch epoch{};
  Ticket ticket{};
  std::uint32_t lowest = 1;
  std::uint8_t turn = 0;
};

/// One datagram that the server sent.
struct Heard {
  Endpoint peer{};
  IpAddress local{};
  ClearHeader header{};
  std::size_t size = 0;
  std::size_t run = 1;  ///< Datagrams in the run that it was sent in.
  std::vector<std::byte> bytes{};
  std::string frames{};  ///< What it says: see describe() in the source.
};

// What a client can say.
Frame request(std::uint32_t number, std::string_view body, std::uint8_t attempt = 1);
Frame idempotent(std::uint32_t number, std::string_view body, std::uint8_t attempt = 1);
Frame probe(std::uint32_t number, std::uint8_t attempt = 1);
Frame ping(std::uint64_t opaque, std::uint16_t zeros = 0);

/// One server core in virtual time, with the few words that a story about it needs.
class ServerWorld {
 public:
  static constexpr Endpoint kLocal{IpAddress::v4(192, 0, 2, 1), 4'000};

  explicit ServerWorld(const ServerCore::Options& options = defaults());
  static ServerCore::Options defaults();

  /// A client of its own address and client_id, which has a ticket.
  FakeClient client(unsigned which = 1);
  /// The same, as it is before it has heard anything.
  static FakeClient stranger(unsigned which = 1);
  /// A stranger who has learned the epoch and has a ticket.
  FakeClient greet(FakeClient client);

  /// The octets of what a client says, with so much PAD behind.
  static std::vector<std::byte> datagram(const FakeClient& client, const std::vector<Frame>& frames,
                                         std::size_t pad = 0);
  /// The server reads it; what it starts is `running`, or with `echo` is answered at once.
  void hear(const FakeClient& client, const std::vector<Frame>& frames, std::size_t pad = 0);
  void hear(const Endpoint& peer, Bytes octets);
  /// What it then says, as text.
  std::string ask(const FakeClient& client, const std::vector<Frame>& frames, std::size_t pad = 0);

  /// The handler of the oldest request with this body that still runs ends.
  void reply(std::string_view body, std::string_view answer, std::uint16_t status = 0);
  void abandon(std::string_view body);

  /// All that the server has to say: datagrams, or their frames as text, as in
  /// `REPLY 1 "pong", WORKING 2 | bare`.
  std::vector<Heard> heard();
  std::string said();

  /// Lets time pass, with every timeout on its way.
  void pass(Duration time);

  const ServerCounters& counters() const { return core.counters(); }

  Instant now{std::chrono::hours{1}};
  ServerCore core;
  bool echo = false;
  struct Handler {
    Execution execution;
    std::string body;
  };
  std::deque<Handler> running;
  std::uint64_t started = 0;

 private:
  Handler take(std::string_view body);

  std::vector<std::byte> buffer_;
};

}  // namespace volley
