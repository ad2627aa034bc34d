#pragma once

#include <cstdint>
#include <optional>

#include <volley/bytes.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley {

/// How a raw request ended. Raw mode can promise no more: a request without an answer may have been
/// executed, and one that was sent twice may have been executed twice.
enum class RawOutcome : std::uint8_t {
  kReply,     ///< The server answered.
  kNoAnswer,  ///< The deadline passed, or every attempt was made: the server may be down.
  kRefused,   ///< The host says that nothing listens on the port.
};

/// One raw request's end.
struct RawAnswer {
  RawOutcome outcome = RawOutcome::kNoAnswer;
  Bytes body{};           ///< The reply, borrowed until the client is used again.
  unsigned attempts = 0;  ///< Sends made, those that the kernel would not take too.
  Duration elapsed{};     ///< From the first send to the end.
  std::optional<Duration>
      round_trip{};  ///< Known only if it was answered at the first attempt (Karn's rule).
  std::optional<Error> error{};  ///< Why, when there is no reply.

  explicit operator bool() const { return outcome == RawOutcome::kReply; }
};

/// What a client sent, and what became of everything it received. Datagrams.
struct RawClientCounters {
  std::uint64_t requests = 0;
  std::uint64_t attempts = 0;  ///< Sends made, those that the kernel would not take too.
  std::uint64_t replies = 0;   ///< Accepted: one for each answered request.
  std::uint64_t strangers =
      0;  ///< Not from the server's address. A connected client's kernel drops them uncounted.
  std::uint64_t wrong_id =
      0;  ///< From the server's address, with no ID or with one that was never asked.
  std::uint64_t duplicates = 0;  ///< For a request that was answered already.
  std::uint64_t late = 0;        ///< For a request that was given up already.
  std::uint64_t truncated = 0;   ///< Larger than the receive slot: dropped, whoever sent it.
  std::uint64_t refused = 0;     ///< ICMP messages that nothing listens on the server's port.
};

}  // namespace volley
