#include "cli/body.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include <volley/datagram.hpp>

#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/units.hpp"
#include "os/files.hpp"
#include "os/terminal.hpp"

namespace volley::cli {

namespace {

/// Two digits a byte, and room for as many blanks.
constexpr std::size_t kMostText = kMaxPayload * 4;

}  // namespace

void add_format_flags(Parser& parser, BodyFlags& flags) {
  parser.flag("--hex", "bodies are written in hex: what is sent and what is printed", flags.hex);
  parser.flag("--text", "bodies are text: the default", flags.text);
}

void add_body_flags(Parser& parser, BodyFlags& flags) {
  parser.option("--file", "PATH", "the body is in this file; - is standard input", flags.file);
  add_format_flags(parser, flags);
}

Result<void> check_body_flags(const BodyFlags& flags) {
  if (flags.hex && flags.text)
    return invalid("--hex and --text contradict each other; drop one of them");
  if (flags.argument && flags.file)
    return invalid("there is a BODY and a --file; drop one of them");
  if (flags.file == "") return invalid("--file needs a path; - is standard input");
  const auto body = to_body(flags.argument.value_or(""), flags);
  return body ? Result<void>{} : std::unexpected(body.error());
}

Result<std::vector<std::byte>> to_body(std::string_view text, const BodyFlags& flags) {
  std::vector<std::byte> body;
  if (flags.hex) {
    auto bytes = from_hex(text);
    if (!bytes) return bytes;
    body = std::move(*bytes);
  } else {
    const Bytes bytes = as_bytes(text);
    body.assign(bytes.begin(), bytes.end());
  }
  if (body.size() > kMaxPayload) {
    return invalid(fmt::format("a body of {} bytes is too large; one datagram carries {} at most",
                               format_whole(body.size()), format_whole(kMaxPayload)));
  }
  return body;
}

Result<std::vector<std::byte>> read_body(const BodyFlags& flags, std::optional<Instant> deadline) {
  if (flags.argument) return to_body(*flags.argument, flags);
  if (!flags.file && os::is_terminal(os::Stream::kInput)) return std::vector<std::byte>{};
  auto content = os::read_file(flags.file.value_or("-"), flags.hex ? kMostText : kMaxPayload,
                               {.deadline = deadline});
  if (!content) {
    if (content.error().code == ErrorCode::kTooLarge) content.error().code = ErrorCode::kInvalid;
    return content;
  }
  if (!flags.hex) return content;
  return to_body(as_text(*content), flags);
}

void print_reply(Output& output, Bytes reply, const BodyFlags& flags) {
  if (flags.hex) return output.line(to_hex(reply));
  if (!os::is_terminal(os::Stream::kOutput)) return output.data(reply);
  const std::string_view text = as_text(reply);
  output.line(escape(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text));
}

void set_body(Json& object, Bytes body, const BodyFlags& flags) {
  const std::string_view text = as_text(body);
  if (!flags.hex && is_utf8(text)) {
    object["body"] = text;
  } else {
    object["body"] = nullptr;
    object["body_hex"] = to_hex(body);
  }
}

}  // namespace volley::cli
