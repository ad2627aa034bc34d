#include "cli/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>

#include "cli/output.hpp"

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

/// Control and format characters, fillers, separators, private use: what moves the cursor, reorders
/// or hides text.
constexpr Range kUnprintable[] = {
    {0x0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},
    {0x600, 0x605},     {0x61c, 0x61c},   {0x6dd, 0x6dd},     {0x70f, 0x70f},
    {0x115f, 0x1160},   {0x17b4, 0x17b5}, {0x180e, 0x180e},   {0x200b, 0x200f},
    {0x2028, 0x202e},   {0x2060, 0x206f}, {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xe000, 0xf8ff},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0x10ffff}};

bool is_printable(std::uint32_t code) {
  return std::ranges::none_of(kUnprintable, [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

std::string escaped(std::uint32_t code) {
  if (code <= 0xff) return fmt::format("\\x{:02x}", code);
  return code <= 0xffff ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

/// Copies what is printable and escapes the rest, except what `special` appends by itself.
template <class Special>
std::string escape_with(std::string_view bytes, Special special) {
  std::string out;
  out.reserve(bytes.size() + 2);
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    if (!character) {
      out += escaped(static_cast<unsigned char>(bytes.front()));
    } else if (!special(out, character->code)) {
      if (is_printable(character->code)) {
        out += bytes.substr(0, character->size);
      } else {
        out += escaped(character->code);
      }
    }
    bytes.remove_prefix(character ? character->size : 1);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view bytes) {
  return escape_with(bytes, [](std::string& out, std::uint32_t code) {
    if (code != '\n' && code != '\t') return false;
    out += static_cast<char>(code);
    return true;
  });
}

std::string escape(std::string_view bytes) {
  std::string doubled;
  for (const char c : bytes) doubled.append(c == '\\' ? 2 : 1, c);
  return printable(doubled);
}

std::string quote(std::string_view bytes) {
  const bool has_single = bytes.find('\'') != std::string_view::npos;
  const char mark = has_single && bytes.find('"') == std::string_view::npos ? '"' : '\'';
  const std::string body = escape_with(bytes, [mark](std::string& out, std::uint32_t code) {
    constexpr std::string_view kNamed = "\n\r\t\\";
    const char character = code < 0x80 ? static_cast<char>(code) : '\0';
    const std::size_t named = kNamed.find(character);
    if (character != mark && named == std::string_view::npos) return false;
    out += '\\';
    out += character == mark ? mark : "nrt\\"[named];
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
  for (const std::byte byte : bytes)
    fmt::format_to(std::back_inserter(out), "{:02x}", std::to_integer<unsigned>(byte));
  return out;
}

Result<std::vector<std::byte>> from_hex(std::string_view text) {
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return out;
    const std::string_view digits = text.substr(0, 2);
    unsigned char byte = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (read.ec != std::errc{} || read.ptr != digits.data() + 2) {
      return invalid(
          fmt::format("{} is not a byte in hex; say two digits a byte, as in 'c0 ff ee' or c0ffee",
                      quote(digits)));
    }
    out.push_back(std::byte{byte});
    text.remove_prefix(2);
  }
}

}  // namespace volley::cli
