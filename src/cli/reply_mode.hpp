#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <volley/error.hpp>
#include <volley/raw_server.hpp>

namespace volley::cli {

/// What a server answers with.
struct ReplyMode {
  enum class Kind : std::uint8_t { kEcho, kLength, kText, kCommand, kDiscard };
  Kind kind = Kind::kEcho;
  std::string text;  ///< Of kText and kCommand.
};

/// Reads `echo`, `length`, `text:STR`, `exec:CMD` or `discard`. Fails with kInvalid.
[[nodiscard]] Result<ReplyMode> parse_reply_mode(std::string_view text);

/// What answers at once. Requires any kind but kCommand.
RawServer::Handler make_handler(const ReplyMode& mode);

}  // namespace volley::cli
