#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

namespace volley::cli {

/// What a server answers with.
struct ReplyMode {
  enum class Kind : std::uint8_t { kEcho, kLength, kText, kCommand, kDiscard };
  Kind kind = Kind::kEcho;
  std::string text;  ///< Of kText and kCommand.
};

/// Reads `echo`, `length`, `text:STR`, `exec:CMD` or `discard`. Fails with kInvalid.
[[nodiscard]] Result<ReplyMode> parse_reply_mode(std::string_view text);

/// The answer to a request, borrowed from it, from the mode or from `room`; nothing of kDiscard.
/// Requires any kind but kCommand.
std::optional<Bytes> answer_to(const ReplyMode& mode, Bytes request, std::string& room);

}  // namespace volley::cli
