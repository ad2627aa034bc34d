#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>
#include <volley/client_core.hpp>
#include <volley/time.hpp>

#include "sim/wire_view.hpp"

namespace volley::fuzz {

/// Reads all that goes into one client core and comes out of it, and knows what must not: a request
/// that ends twice or otherwise than the server's words allow, a copy after its end, a header that
/// tells what is not so (protocol.md §3 to §5). It has its own reader of the wire, and asks the
/// core nothing.
class ClientBooks {
 public:
  struct Seat {
    Endpoint server;
    std::size_t datagram_size;
  };
  explicit ClientBooks(const Seat& seat) : seat_{seat} {}

  /// A request's body, of so many octets: where there are eight, they tell whose it is.
  static std::vector<std::byte> body_of(std::uint64_t uid, std::size_t size);

  struct Asked {
    std::uint64_t uid = 0;
    std::size_t size = 0;
    bool idempotent = false;
    Duration timeout{};
  };
  void asks(RequestId id, const Asked& asked, Instant now);
  void pings(std::uint64_t opaque, std::size_t size);
  /// The core sends.
  void sends(const Transmit& transmit, Bytes datagram, Instant now);
  /// It is about to hear what comes from the server's address.
  void hears(Bytes datagram, Instant now);
  void happens(const ClientEvent& event, Instant now);

  /// Requests that have not ended.
  std::size_t open() const { return open_.size(); }
  const std::vector<RequestId>& all() const { return all_; }

 private:
  /// A number of a client_id.
  using Key = std::pair<std::uint64_t, std::uint32_t>;
  struct Request {
    Asked asked;
    Instant made{};
    std::optional<Key> key{};  ///< Known once it was sent, if its body tells.
    unsigned frames = 0;       ///< That were sent for it,
    Instant first{};           ///< the first of them then,
    std::uint64_t epoch = 0;   ///< and the last with this epoch.
  };
  /// What the server said of a number.
  struct Said {
    std::set<std::size_t> replies;
    bool refused = false;
    bool ran = false;  ///< By WORKING or REPLY_GONE.
  };
  /// A bare header of the server's.
  struct Bare {
    std::uint64_t epoch;
    std::uint8_t turn;
    Duration uptime;
    Instant heard;
  };
  struct Ping {
    std::size_t size = 0;
    bool sent = false;
    bool echoed = false;
  };

  void check_header(const sim::WireHeader& header);
  void check_epoch(const sim::WireHeader& header);
  void check_frame(const sim::WireHeader& header, const sim::WireFrame& frame, Instant now);
  void check_copy(Request& request, const sim::WireHeader& header, const sim::WireFrame& frame,
                  Instant now);
  void check_number(const sim::WireHeader& header, const sim::WireFrame& frame);
  Request* find(const sim::WireHeader& header, const sim::WireFrame& frame);
  void check_end(const Request& request, const Answer& answer, Instant now);
  void check_not_executed(const Request& request, Reason reason, bool refused, Instant now) const;

  Seat seat_;
  std::map<RequestId, Request> open_;
  std::vector<RequestId> all_;
  std::map<std::uint64_t, RequestId> by_uid_;
  std::map<Key, RequestId> by_key_;
  std::map<Key, Said> said_;
  std::map<std::uint64_t, Ping> pings_;
  std::map<std::uint64_t, std::uint32_t> lowest_;              ///< L, by client_id.
  std::set<std::pair<std::uint64_t, std::uint64_t>> tickets_;  ///< With their epochs: heard.
  std::set<std::uint64_t> epochs_;
  std::vector<Bare> bares_;
  std::uint64_t epoch_ = 0;  ///< Of the last datagram sent,
  std::uint8_t turn_ = 0;    ///< and its turn.
};

}  // namespace volley::fuzz
