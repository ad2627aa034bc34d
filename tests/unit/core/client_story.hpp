#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/client_core.hpp>
#include <volley/datagram.hpp>

#include "core/client_state.hpp"
#include "wire/clear_header.hpp"
#include "wire/frame.hpp"

namespace volley {

/// One datagram that the client sent, taken apart.
struct Seen {
  std::vector<std::byte> bytes;
  ClearHeader header;
  std::vector<Frame> frames;  ///< Their bodies are in `bytes`.

  bool bare() const { return bytes.size() == kHeaderSize; }
  std::vector<std::uint32_t> numbers() const;
};

/// One client core in virtual time, and a server that is no program but what the story says: it
/// speaks the octets of src/wire.
class ClientStory {
 public:
  static constexpr Endpoint kServer{IpAddress::v4(127, 0, 0, 1), 1060};
  static constexpr Endpoint kStranger{IpAddress::v4(127, 0, 0, 1), 1061};
  static constexpr std::uint64_t kClientId = 0xc1a0'5eed'0102'0304;

  struct Options {
    RetryPolicy policy = exact_policy();
    std::size_t window = 1'024;
    std::size_t datagram_size = 1'200;
    std::uint64_t seed = 1;
    Sequence first{1};
  };
  /// The local policy without its jitter, so that a story can name its instants.
  static RetryPolicy exact_policy();

  ClientStory();
  explicit ClientStory(const Options& options);

  // The client's side.

  RequestId ask(std::string_view body = "ask", const RequestOptions& options = {});
  RequestId ask_idempotent(std::string_view body = "ask");
  /// The next datagram that it sends now, if any; and all of them.
  std::optional<Seen> sent();
  std::vector<Seen> all_sent();
  /// The next end, if there is one now; and the next echo.
  std::optional<Answer> ended();
  std::optional<Pong> pong();
  /// The request that ended() told of last.
  RequestId last_ended{};

  // The server's side. Its datagrams take no time.

  std::uint64_t epoch = 0xe90c'1122'3344'5566;
  std::uint64_t ticket = 0x7ac3'e70d'dead'beef;
  Instant birth{std::chrono::minutes{30}};
  std::uint64_t client_id = kClientId;  ///< To which it answers.

  ClearHeader header() const;
  /// One datagram with these frames.
  void hear(std::initializer_list<Frame> frames);
  void hear(const ClearHeader& header, std::initializer_list<Frame> frames = {});
  /// A bare header, answering a datagram of this turn.
  void hear_bare(std::uint8_t turn);
  void hear_bytes(Bytes bytes, const Endpoint& from = kServer);
  /// The datagram that it would be. The answers' bodies are borrowed from there until the next.
  Bytes write(const ClearHeader& header, std::initializer_list<Frame> frames);

  /// The first contact, from the first bare header to its answer. Requires a request that waits.
  void meet();
  /// meet(), then the request's first copy.
  Seen meet_and_send();
  /// Another life of the server at its address, some time ago; and its bare header.
  void restart(Duration uptime);

  // Time.

  /// Lets it pass, as the client's timers want it: when datagrams left. They are lost.
  std::vector<Instant> pass(Duration duration);
  /// The same, and the datagrams.
  std::vector<Seen> pass_and_see(Duration duration);

  Instant now{std::chrono::hours{1}};
  std::deque<std::uint64_t> secrets{kClientId};  ///< What draw_secret gives, then counts on.
  ClientState core;

 private:
  std::vector<std::byte> buffer_;
  std::vector<std::byte> heard_;
};

Frame reply_to(std::uint32_t number, std::string_view body = "reply", std::uint8_t attempt = 1);
Frame late_reply_to(std::uint32_t number, std::string_view body = "reply",
                    std::uint8_t attempt = 1);  ///< Deferred.
Frame nack_of(std::uint32_t number, NackCode code, std::uint32_t detail = 0,
              std::uint8_t attempt = 1);
Frame working_on(std::uint32_t number, std::uint8_t attempt = 1);

}  // namespace volley
