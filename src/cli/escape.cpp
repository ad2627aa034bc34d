#include "cli/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace volley::cli {

namespace {

struct Character {
  std::uint32_t code;
  std::size_t size;
};

/// The UTF-8 character at the front of `text`, or nothing if none is. Requires text to hold a byte.
std::optional<Character> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
  std::uint32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  // RFC 3629 §3: the shortest form only, no surrogates, nothing above U+10FFFF.
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
    return std::nullopt;
  return Character{code, size};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

/// Control and format characters, separators, private use: what moves the cursor, reorders or hides
/// text.
constexpr std::array<Range, 19> kUnprintable{{{0x0, 0x1f},
                                              {0x7f, 0x9f},
                                              {0xad, 0xad},
                                              {0x600, 0x605},
                                              {0x61c, 0x61c},
                                              {0x6dd, 0x6dd},
                                              {0x70f, 0x70f},
                                              {0x180e, 0x180e},
                                              {0x200b, 0x200f},
                                              {0x2028, 0x202e},
                                              {0x2060, 0x206f},
                                              {0xe000, 0xf8ff},
                                              {0xfe00, 0xfe0f},
                                              {0xfeff, 0xfeff},
                                              {0xfff0, 0xfffb},
                                              {0xfffe, 0xffff},
                                              {0x1bca0, 0x1bca3},
                                              {0x1d173, 0x1d17a},
                                              {0xe0000, 0x10ffff}}};

bool is_printable(std::uint32_t code) {
  for (const Range& range : kUnprintable) {
    if (code >= range.first && code <= range.last) return false;
  }
  return true;
}

void append_escaped(std::string& out, std::uint32_t code) {
  const auto end = std::back_inserter(out);
  if (code <= 0xff) {
    fmt::format_to(end, "\\x{:02x}", code);
  } else if (code <= 0xffff) {
    fmt::format_to(end, "\\u{:04x}", code);
  } else {
    fmt::format_to(end, "\\U{:08x}", code);
  }
}

/// Copies what is printable and escapes the rest, except what `special` appends by itself.
template <class Special>
std::string escape_with(std::string_view bytes, Special special) {
  std::string out;
  out.reserve(bytes.size() + 2);
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    if (!character) {
      append_escaped(out, static_cast<unsigned char>(bytes.front()));
    } else if (!special(out, character->code)) {
      if (is_printable(character->code)) {
        out += bytes.substr(0, character->size);
      } else {
        append_escaped(out, character->code);
      }
    }
    bytes.remove_prefix(character ? character->size : 1);
  }
  return out;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

}  // namespace

std::string escape(std::string_view bytes) {
  return escape_with(bytes, [](std::string& out, std::uint32_t code) {
    if (code != '\n' && code != '\t') return false;
    out += static_cast<char>(code);
    return true;
  });
}

std::string quote(std::string_view bytes) {
  const bool has_single = bytes.find('\'') != std::string_view::npos;
  const char mark = has_single && bytes.find('"') == std::string_view::npos ? '"' : '\'';
  const std::string body = escape_with(bytes, [mark](std::string& out, std::uint32_t code) {
    constexpr std::array<std::pair<char, std::string_view>, 4> kNamed{
        {{'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}, {'\\', "\\\\"}}};
    for (const auto& [character, name] : kNamed) {
      if (code != static_cast<unsigned char>(character)) continue;
      out += name;
      return true;
    }
    if (code != static_cast<unsigned char>(mark)) return false;
    out += '\\';
    out += mark;
    return true;
  });
  return mark + body + mark;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    if (!character) return false;
    bytes.remove_prefix(character->size);
  }
  return true;
}

std::string to_hex(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
  }
  return out;
}

Result<std::vector<std::byte>> from_hex(std::string_view text) {
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  std::size_t i = 0;
  for (;;) {
    i = text.find_first_not_of(" \t\r\n", i);
    if (i == std::string_view::npos) return out;
    const auto high = hex_digit(text[i]);
    const auto low = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    if (!high || !low) {
      return std::unexpected(
          Error{.code = ErrorCode::kInvalid,
                .message = fmt::format(
                    "{} is not a byte in hex; say two digits a byte, as in 'c0 ff ee' or c0ffee",
                    quote(text.substr(i, 2)))});
    }
    out.push_back(static_cast<std::byte>(*high << 4 | *low));
    i += 2;
  }
}

}  // namespace volley::cli
