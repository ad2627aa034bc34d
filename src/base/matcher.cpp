#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <utility>

#include <volley/datagram.hpp>
#include <volley/matcher.hpp>

#include "base/big_endian.hpp"
#include "base/check.hpp"

namespace volley {
namespace {

constexpr std::size_t kMaxIdSize = 16;

/// Takes a decimal number off the front of `text`.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > kMaxPayload) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// id@OFFSET:SIZE[=REPLY_OFFSET][,random]
std::optional<Matcher::Field> parse_field(std::string_view text) {
  if (!take(text, "id@")) return std::nullopt;
  const auto offset = take_number(text);
  if (!offset || !take(text, ":")) return std::nullopt;
  const auto size = take_number(text);
  if (!size || *size == 0 || *size > kMaxIdSize) return std::nullopt;
  Matcher::Field field{.offset = *offset, .size = *size, .reply_offset = *offset};
  if (take(text, "=")) {
    const auto reply_offset = take_number(text);
    if (!reply_offset) return std::nullopt;
    field.reply_offset = *reply_offset;
  }
  field.random = take(text, ",random");
  return text.empty() ? std::optional{field} : std::nullopt;
}

}  // namespace

Matcher::Matcher(const Field& field) : field_{field} {
  VOLLEY_CHECK(field.size >= 1 && field.size <= kMaxIdSize);
}

Matcher::Matcher(Extract request_id, Extract reply_id)
    : request_id_{std::move(request_id)}, reply_id_{std::move(reply_id)} {}

Result<Matcher> Matcher::parse(std::string_view text) {
  if (const auto field = parse_field(text)) return Matcher{*field};
  return std::unexpected(
      Error{ErrorCode::kInvalid, 0,
            fmt::format("'{}' does not say where the ID is; write "
                        "id@OFFSET:SIZE[=REPLY_OFFSET][,random] with SIZE from 1 to "
                        "16 bytes, as id@0:2 for DNS",
                        text)});
}

std::optional<MatchId> Matcher::request_id(Bytes request) const {
  return field_ ? read_match_id(request, *field_) : request_id_(request);
}

std::optional<MatchId> Matcher::reply_id(Bytes reply) const {
  if (!field_) return reply_id_(reply);
  return read_match_id(reply, {.offset = field_->reply_offset, .size = field_->size});
}

std::optional<MatchId> read_match_id(Bytes request, const Matcher::Field& field) {
  if (field.size > kMaxIdSize || field.offset > request.size() ||
      request.size() - field.offset < field.size) {
    return std::nullopt;
  }
  std::array<std::byte, kMaxIdSize> number{};
  std::ranges::copy(request.subspan(field.offset, field.size), number.end() - field.size);
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(number);
  return MatchId{.high = big_endian(halves[0]), .low = big_endian(halves[1])};
}

void write_match_id(MutableBytes request, const Matcher::Field& field, MatchId id) {
  VOLLEY_CHECK(field.size <= kMaxIdSize && field.offset + field.size <= request.size());
  for (std::size_t i = field.size; i-- > 0;) {
    request[field.offset + i] = static_cast<std::byte>(id.low & 0xff);
    id.low = id.low >> 8 | id.high << 56;
    id.high >>= 8;
  }
}

}  // namespace volley
