#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

#include "cli/output.hpp"
#include "cli/parser.hpp"

namespace volley::cli {

/// Where a body comes from and how bodies are written.
struct BodyFlags {
  std::optional<std::string> argument;
  std::optional<std::string> file;
  bool hex = false;
  bool text = false;
};

void add_format_flags(Parser& parser, BodyFlags& flags);
void add_body_flags(Parser& parser, BodyFlags& flags);

/// Fails with kInvalid for flags that contradict each other, and for hex that is none.
[[nodiscard]] Result<void> check_body_flags(const BodyFlags& flags);

/// Text as a body: its bytes, or what its hex digits say. Fails with kInvalid for what is not hex
/// and for more than one datagram carries.
[[nodiscard]] Result<std::vector<std::byte>> to_body(std::string_view text, const BodyFlags& flags);

/// The argument, the file, standard input when it is not a terminal, or nothing, in this order.
/// Fails with kTimedOut if it did not end before the deadline.
[[nodiscard]] Result<std::vector<std::byte>> read_body(const BodyFlags& flags,
                                                       std::optional<Instant> deadline);

/// Prints a reply: bytes as they are, or as hex; on a terminal nothing that could drive it.
void print_reply(Output& output, Bytes reply, const BodyFlags& flags);

/// The fields `body` and `body_hex` of a JSON object: text if it is UTF-8 and --hex does not say
/// otherwise.
void set_body(Json& object, Bytes body, const BodyFlags& flags);

}  // namespace volley::cli
