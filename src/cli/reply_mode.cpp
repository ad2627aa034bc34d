#include "cli/reply_mode.hpp"

#include <fmt/format.h>

#include <array>

#include <volley/bytes.hpp>
#include <volley/datagram.hpp>

#include "base/check.hpp"
#include "base/nearest.hpp"
#include "cli/output.hpp"
#include "cli/units.hpp"

namespace volley::cli {

Result<ReplyMode> parse_reply_mode(std::string_view text) {
  using Kind = ReplyMode::Kind;
  if (text == "echo") return ReplyMode{Kind::kEcho, {}};
  if (text == "length") return ReplyMode{Kind::kLength, {}};
  if (text == "discard") return ReplyMode{Kind::kDiscard, {}};
  if (text.starts_with("text:")) {
    const std::string_view answer = text.substr(5);
    if (answer.size() > kMaxPayload) {
      return invalid(fmt::format("a text of {} bytes is too large; one datagram carries {} at most",
                                 format_whole(answer.size()), format_whole(kMaxPayload)));
    }
    return ReplyMode{Kind::kText, std::string{answer}};
  }
  if (text.starts_with("exec:")) {
    if (text.size() == 5) return invalid("exec: needs a command; say exec:'tr a-z A-Z'");
    return ReplyMode{Kind::kCommand, std::string{text.substr(5)}};
  }
  constexpr std::array<std::string_view, 5> kNames{"echo", "length", "text:STR", "exec:CMD",
                                                   "discard"};
  const auto meant = nearest(text, kNames);
  return invalid(fmt::format("'{}' is no way to answer; {}", text,
                             meant ? fmt::format("did you mean {}?", *meant)
                                   : "say echo, length, text:STR, exec:CMD or discard"));
}

std::optional<Bytes> answer_to(const ReplyMode& mode, Bytes request, std::string& room) {
  switch (mode.kind) {
    case ReplyMode::Kind::kEcho:
      return request;
    case ReplyMode::Kind::kLength:
      room = fmt::format("Your data was {} bytes long", request.size());
      return as_bytes(room);
    case ReplyMode::Kind::kText:
      return as_bytes(mode.text);
    case ReplyMode::Kind::kDiscard:
      return std::nullopt;
    case ReplyMode::Kind::kCommand:
      break;
  }
  VOLLEY_CHECK(mode.kind != ReplyMode::Kind::kCommand);
  return std::nullopt;
}

}  // namespace volley::cli
