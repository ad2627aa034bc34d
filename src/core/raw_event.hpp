#pragma once

#include <optional>
#include <variant>

#include <volley/bytes.hpp>
#include <volley/error.hpp>
#include <volley/raw_answer.hpp>
#include <volley/time.hpp>

#include "core/pending_table.hpp"

namespace volley {

/// A raw request ended.
struct RawFinished {
  RequestId request{};
  RawOutcome outcome = RawOutcome::kNoAnswer;
  Bytes body{};           ///< The reply, borrowed from the datagram that brought it.
  unsigned attempts = 0;  ///< Datagrams sent. 0: none could be, until the deadline.
  Duration elapsed{};     ///< From the first send to the end.
  /// Known only if it was sent exactly once (Karn's rule).
  std::optional<Duration> round_trip{};
  /// With kNoAnswer: the last thing that the network or this machine said was wrong.
  std::optional<ErrorCode> hint{};
};

/// A raw request was sent, and its wait for an answer begins.
struct RawWaiting {
  RequestId request{};
  unsigned attempt = 0;  ///< 1 is the first send.
  Duration wait{};
};

using RawEvent = std::variant<RawFinished, RawWaiting>;

}  // namespace volley
