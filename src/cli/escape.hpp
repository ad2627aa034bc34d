#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

namespace volley::cli {

// Whatever came from elsewhere passes through here before a terminal sees it: escape sequences,
// control characters and characters that reorder or hide text must not reach it.

/// Words that a terminal can be shown: lines and tabs stay, everything unprintable becomes `\x1b`
/// or
/// `\u202e`.
std::string printable(std::string_view bytes);

/// The same, unambiguous: a backslash becomes two.
std::string escape(std::string_view bytes);

/// As a literal in quotes on one line, as Python's repr writes it: `'it\'s\n'`.
std::string quote(std::string_view bytes);

/// Whether this is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view bytes);

/// Two lower-case digits a byte.
std::string to_hex(Bytes bytes);
/// The bytes of hex digits; white space between bytes is skipped. Fails with kInvalid.
[[nodiscard]] Result<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace volley::cli
