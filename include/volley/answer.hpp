#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley {

/// Names one request of one client for ever.
enum class RequestId : std::uint64_t {};

/// The request's place in its client: below the client's window, and no other request's until this
/// one has ended. For tables of one's own.
constexpr std::uint32_t slot_of(RequestId id) {
  return static_cast<std::uint32_t>(id);
}

/// What became of a request in clear and sealed mode: exactly one of these (protocol.md §1.2). For
/// an idempotent request, which may run any number of times, kNotExecuted is claimed only if it was
/// never sent.
enum class Outcome : std::uint8_t {
  kReply,              ///< It was executed once; here are its status and its body.
  kNotExecuted,        ///< It never started and never will.
  kExecutedReplyLost,  ///< It started, once; its reply will not come.
  kUnknown,            ///< It started once or not at all.
};

/// Why there is no reply.
enum class Reason : std::uint8_t {
  kNone,        ///< There is one.
  kNoAnswer,    ///< The deadline passed, or the attempts were used up.
  kCancelled,   ///< cancel() was called.
  kBusy,        ///< The server had no room for it, and refused it for good.
  kNever,       ///< The server has never seen it, and will refuse it from now on.
  kOverloaded,  ///< The server had no room to remember this client.
  kReplyGone,   ///< The server could not keep the reply, or the path cannot carry it.
  kRestarted,   ///< The server restarted meanwhile.
  kForgotten,   ///< The server may have known once; it is too long ago.
};

/// The end of one request.
struct Answer {
  Outcome outcome = Outcome::kUnknown;
  Reason reason = Reason::kNoAnswer;
  std::uint16_t status = 0;  ///< With kReply: 0, or what the application means by another value.
  Bytes body{};              ///< With kReply: borrowed until the client or core is used again.
  unsigned attempts = 0;     ///< Datagrams that carried it or asked after it.
  Duration elapsed{};        ///< From when it was made to its end.
  /// Of the attempt that was answered, if the answer was prompt.
  std::optional<Duration> round_trip{};
  /// The last thing that the network said was wrong. A hint: ICMP is easily forged.
  std::optional<ErrorCode> hint{};

  explicit operator bool() const { return outcome == Outcome::kReply; }
};

/// `reply`, `not_executed`, `executed_reply_lost`, `unknown`.
std::string to_string(Outcome outcome);

/// The answer as one sentence: what became of the request, why, after how many attempts and how
/// long.
std::string describe(const Answer& answer, const Endpoint& server);

}  // namespace volley
